/** The command line on a real service: connect, watch, look, take out. */
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createAuthority } from '../../standins/authority.ts';
import { startImapServer } from '../../standins/imap.ts';
import { sampleMail } from '../../standins/mail.ts';
import { startService } from '../service.ts';
import { createHome } from './runner.ts';

const USER = 'ada@old.example';
const PASSWORD = 'correct horse';

const authority = await createAuthority();
const service = await startService({ authority });
after(() => service.stop());
const imap = await startImapServer({ leaf: await authority.issue(['localhost']), security: 'tls' });
after(() => imap.close());
imap.store.addUser(USER, PASSWORD);
const deliver = (n: number) => imap.append(USER, sampleMail('cli', n, new Date()).bytes);
for (let n = 0; n < 12; n += 1) deliver(n);

const browser = service.browser();
assert.equal((await browser.signIn('ada@gmail.example')).status, 303);
const { key } = await browser.json<{ key: string }>('POST', '/api/v1/api-keys', 201, {
  body: { name: 'command line' },
});
const home = createHome();
const { run, start } = home;
const AT = ['--host', 'localhost', '--port', String(imap.port), '--username', USER];
const file = join(home.directory, '.config', 'smtp-sync', 'login.json');
const lines = (text: string): unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

test('login keeps the key for its owner alone; a wrong one is not kept', async () => {
  const wrong = await run(['login', service.url], 'wrong\n');
  assert.equal(wrong.code, 1, wrong.err);
  assert.match(wrong.err, /The API key is not valid/);
  assert.equal((await run(['list'])).code, 1, 'nobody is logged in');
  const right = await run(['login', service.url], `${key}\n`);
  assert.deepEqual([right.code, right.err], [0, '']);
  assert.match(right.out, /Logged in to http:\/\/localhost:\d+ as ada@gmail\.example/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(join(file, '..')).mode & 0o777, 0o700);
  assert.ok(!`${right.out}${right.err}`.includes(key));
});

test('a mailbox whose test fails is not kept, and its steps say where it failed', async () => {
  const { code, err, out } = await run(['connect', ...AT], 'a wrong password\n');
  assert.equal(code, 1);
  assert.match(err, /ok\s+encryption/);
  assert.match(err, /FAILED\s+the login/);
  assert.match(out, /password/);
  assert.match((await run(['list'])).err, /No mailbox is connected/);
});

test('connect tests the mailbox, and sync waits until its mail is in Gmail', async () => {
  const connected = await run(['connect', ...AT, '--history', 'all', '--json'], `${PASSWORD}\n`);
  assert.equal(connected.code, 0, connected.err);
  assert.ok(!`${connected.out}${connected.err}`.includes(PASSWORD));
  assert.equal((lines(connected.out)[0] as { username: string }).username, USER);
  const synced = await run(['sync', '--wait']);
  assert.equal(synced.code, 0, synced.err);
  assert.equal(service.google.messages.length, 12);
  deliver(12);
  const again = await run(['sync', USER, '--wait', '--json']);
  assert.equal(again.code, 0, again.err);
  const last = lines(again.out).at(-1) as { progress: { delivered: number; waiting: number } };
  assert.deepEqual([last.progress.delivered, last.progress.waiting], [13, 0]);
  assert.equal((await run(['connect', ...AT], `${PASSWORD}\n`)).code, 1, 'connected already');
});

test('list and status show it, for people and as JSON', async () => {
  const list = await run(['list']);
  assert.match(list.out, /ada@old\.example {2}imap localhost {2}active {2}13/);
  const [mailbox] = lines((await run(['list', '--json'])).out) as [{ id: string; state: string }];
  assert.equal(mailbox.state, 'active');
  const status = await run(['status']);
  assert.equal(status.code, 0);
  assert.match(status.out, /13 delivered, 0 waiting/);
});

test('audit shows the log, follows it, and ends with Ctrl-C', async () => {
  const { out } = await run(['audit', '--limit', '5']);
  assert.equal(out.trim().split('\n').length, 5);
  assert.match(out, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}delivered {2}/);
  assert.equal(lines((await run(['audit', '--json', '--limit', '500'])).out).length, 13);
  assert.equal((await run(['audit', '--status', 'rejected', '--mailbox', USER])).out, '');
  const following = start(['audit', '--follow', '--json', '--limit', '1'], '');
  await following.says('"senderDomain"');
  const { bytes } = sampleMail('cli', 13, new Date());
  imap.append(USER, bytes);
  await following.says(`"sizeBytes":${bytes.length}`);
  following.child.kill('SIGINT');
  const ended = await following.ended;
  assert.equal(ended.code, 130);
  assert.equal(new Set(lines(ended.out).map((entry) => (entry as { id: string }).id)).size, 2, 'each once');
});

test('a reader that has had enough ends it quietly', async () => {
  const following = start(['audit', '--follow', '--limit', '3'], '');
  await following.says('delivered');
  following.child.stdout?.destroy();
  deliver(14);
  const { code, err } = await following.ended;
  assert.deepEqual([code, err], [0, '']);
});

test('verify computes the chain again', async () => {
  const { code, out, err } = await run(['verify', USER]);
  assert.equal(code, 0, err);
  assert.match(out, /ada@old\.example: 1\d entries, whole\. Last: 1\d [0-9a-f]{64}/);
});

test('export writes a file for its owner alone, and replaces none', async () => {
  const all = join(home.directory, 'all.json');
  assert.equal((await run(['export', '-o', all])).code, 0);
  assert.equal(statSync(all).mode & 0o777, 0o600);
  assert.ok(JSON.parse(readFileSync(all, 'utf8')));
  const kept = await run(['export', '-o', all]);
  assert.equal(kept.code, 1);
  assert.match(kept.err, /--force/);
  assert.equal((await run(['export', '--csv', '-o', all, '--force'])).code, 0);
  assert.match(readFileSync(all, 'utf8'), /delivered/);
  const { out } = await run(['export', '--csv', '--status', 'rejected']);
  assert.equal(out.trim().split('\n').length, 1, 'the heads alone');
  assert.equal((await run(['export', '--status', 'rejected'])).code, 2);
  assert.equal((await run(['export', '-o', '/nowhere/at/all'])).code, 1);
});

test('pause and resume; delete asks, unless it is told not to', async () => {
  assert.equal((await run(['pause', USER])).code, 0);
  assert.match((await run(['list'])).out, /paused/);
  const waited = await run(['sync', USER, '--wait']);
  assert.equal(waited.code, 1);
  assert.equal((await run(['resume', USER])).code, 0);
  const unsure = await run(['delete', USER]);
  assert.equal(unsure.code, 2);
  assert.match(unsure.err, /--yes/);
  assert.equal((await run(['delete', 'somebody'])).code, 1);
  assert.equal((await run(['delete', USER, '--yes'])).code, 0);
  assert.match((await run(['list'])).err, /No mailbox is connected/);
});

test('import connects a list, with a result for each line', async () => {
  const list = join(home.directory, 'list.csv');
  writeFileSync(
    list,
    `host,port,username,password\nlocalhost,${imap.port},${USER},${PASSWORD}\nlocalhost,none,${USER},x\n`,
  );
  const { code, out, err } = await run(['import', list]);
  assert.equal(code, 1);
  assert.match(out, /line 2: connected/);
  assert.match(out, /line 3: /);
  assert.match(err, /1 mailbox connected, 1 refused/);
  assert.ok(!`${out}${err}`.includes(PASSWORD));
});

test('on a terminal a password is not shown, and a bar is', async () => {
  const bench = createHome({ SMTP_SYNC_URL: service.url, SMTP_SYNC_KEY: key });
  const removed = await bench.onTerminal(['delete', USER], { 'Type ada@old.example to delete it': USER });
  assert.match(removed.out, /is deleted here/);
  const connected = await bench.onTerminal(['connect', ...AT, '--history', 'all'], {
    'Its password (not shown)': PASSWORD,
  });
  assert.match(connected.out, /is connected/);
  assert.ok(!connected.out.includes(PASSWORD));
  for (let n = 100; n < 160; n += 1) deliver(n);
  const synced = await bench.onTerminal(['sync', '--wait'], {});
  assert.match(synced.out, /\[[#.]{24}\] \d+\/\d+ ada@old\.example/);
  assert.equal(synced.code, 0);
});

test('logout forgets the key', async () => {
  assert.equal((await run(['logout'])).code, 0);
  assert.throws(() => statSync(file));
  const { code, err } = await run(['list']);
  assert.equal(code, 1);
  assert.match(err, /smtp-sync login/);
});

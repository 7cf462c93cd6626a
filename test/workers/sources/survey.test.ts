/** Looking around: Dovecot for what is there, the stand-ins for what some servers lack. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { isFault } from '../../../src/core/fault.ts';
import type { Server } from '../../../src/core/mailbox.ts';
import type { ProbeStep, Surveyor } from '../../../src/core/survey.ts';
import { type Authority, createAuthority } from '../../../standins/authority.ts';
import { startImapServer } from '../../../standins/imap.ts';
import { startPop3Server } from '../../../standins/pop3.ts';
import { createDial } from '../../../workers/sources/dial.ts';
import { createOpenSurvey } from '../../../workers/sources/survey.ts';
import { type Dovecot, startDovecot } from '../../dovecot.ts';

const never = new AbortController().signal;
const CREDENTIALS = { username: 'someone', password: 'right' };
const message = (bytes: number): Buffer =>
  Buffer.from(`From: a@example.com\r\n\r\n${'x'.repeat(bytes - 25)}\r\n`);

let authority: Authority;
let dovecot: Dovecot;
before(async () => {
  authority = await createAuthority();
  dovecot = await startDovecot(authority);
  await dovecot.addUser(CREDENTIALS.username, CREDENTIALS.password);
  const days = ['2026-01-10', '2026-02-10', '2026-03-10', '2026-04-10'];
  for (const day of days)
    await dovecot.deliver(CREDENTIALS.username, message(1000), { at: new Date(`${day}T12:00:00Z`) });
  await dovecot.deliver(CREDENTIALS.username, message(500), { folder: 'Sent', at: new Date('2026-03-01') });
  await dovecot.deliver(CREDENTIALS.username, message(70), { folder: 'Trash', at: new Date('2026-03-01') });
});
after(() => dovecot.stop());

/** Opens it as a probe does, hands it over, closes it; the steps that were told. */
async function looking(
  server: Pick<Server, 'protocol' | 'port'> & Partial<Server>,
  look: (surveyor: Surveyor) => Promise<void>,
  credentials = CREDENTIALS,
): Promise<ProbeStep[]> {
  const dial = createDial({ privateNetworks: ['127.0.0.0/8'], ca: authority.caPem });
  const steps: ProbeStep[] = [];
  const told = (step: ProbeStep) => void (steps.at(-1) !== step && steps.push(step));
  const at = { host: '127.0.0.1', security: 'tls', ...server } as const;
  try {
    const surveyor = await createOpenSurvey(dial)(at, credentials, never, told);
    try {
      await look(surveyor);
    } finally {
      await surveyor.source.close();
    }
  } catch (error) {
    if (!isFault(error)) throw error;
    assert.equal(error.code, 'login-refused');
  }
  return steps;
}

const FROM = (date: string) => ({ kind: 'since', from: Date.parse(`${date}T00:00:00Z`) }) as const;

it('tells each step of both protocols, encrypted from the first byte or later', async () => {
  const { imaps, imap, pop3s, pop3 } = dovecot.ports;
  const survey = async (surveyor: Surveyor) => void (await surveyor.survey(never));
  const whole: ProbeStep[] = ['resolve', 'connect', 'login', 'folders'];
  assert.deepEqual(await looking({ protocol: 'imap', port: imaps }, survey), whole);
  assert.deepEqual(await looking({ protocol: 'imap', port: imap, security: 'starttls' }, survey), whole);
  assert.deepEqual(await looking({ protocol: 'pop3', port: pop3s }, survey), whole);
  assert.deepEqual(await looking({ protocol: 'pop3', port: pop3, security: 'starttls' }, survey), [
    'resolve',
    'connect',
    'encrypt',
    'login',
    'folders',
  ]);
  for (const [protocol, port] of [
    ['imap', imaps],
    ['pop3', pop3s],
  ] as const) {
    const wrong = { ...CREDENTIALS, password: 'wrong' };
    assert.deepEqual(await looking({ protocol, port }, survey, wrong), ['resolve', 'connect', 'login']);
  }
});

it('a certificate for another name ends it before anything is said to be encrypted', async () => {
  const leaf = await authority.issue(['mail.example.com']);
  const server = await startImapServer({ leaf, security: 'tls' });
  const dial = createDial({ privateNetworks: ['127.0.0.0/8'], ca: authority.caPem });
  const steps: ProbeStep[] = [];
  const at = { protocol: 'imap', host: '127.0.0.1', port: server.port, security: 'tls' } as const;
  const opened = createOpenSurvey(dial)(at, CREDENTIALS, never, (step) => void steps.push(step));
  await assert.rejects(opened, (error) => isFault(error, 'certificate-invalid'));
  assert.deepEqual(steps, ['resolve', 'connect']);
  assert.deepEqual(server.commands, []);
  await server.close();
});

it('names folders with their use, their messages and their bytes', async () => {
  await looking({ protocol: 'imap', port: dovecot.ports.imaps }, async ({ survey }) => {
    const { folders, idle, uidl } = await survey(never);
    assert.deepEqual([idle, uidl], [true, true]);
    const inbox = folders.find(({ path }) => path === 'INBOX');
    assert.deepEqual(inbox, { path: 'INBOX', specialUse: 'inbox', aside: false, messages: 4, bytes: 4000 });
    const sent = folders.find(({ path }) => path === 'Sent');
    assert.deepEqual([sent?.specialUse, sent?.aside, sent?.messages], ['sent', false, 1]);
    const trash = folders.find(({ path }) => path === 'Trash');
    assert.deepEqual([trash?.specialUse, trash?.aside], ['trash', true]);
  });
});

it('a server that will not count a folder is not held against the mailbox', async () => {
  const server = await startImapServer({
    leaf: await authority.issue(['127.0.0.1']),
    security: 'tls',
    tricks: { refuse: new Map([['STATUS', 'not today']]), without: new Set(['IDLE']) },
  });
  server.store.addUser(CREDENTIALS.username, CREDENTIALS.password);
  await looking({ protocol: 'imap', port: server.port }, async ({ survey }) => {
    assert.deepEqual(await survey(never), {
      folders: [{ path: 'INBOX', specialUse: 'inbox', aside: false, messages: null, bytes: null }],
      idle: false,
      uidl: true,
    });
  });
  await server.close();
});

it('a server that breaks at counting has told its folders all the same', async () => {
  const server = await startImapServer({
    leaf: await authority.issue(['127.0.0.1']),
    security: 'tls',
    tricks: { stall: new Set(['STATUS']) },
  });
  server.store.addUser(CREDENTIALS.username, CREDENTIALS.password);
  const dial = createDial({ privateNetworks: ['127.0.0.0/8'], ca: authority.caPem });
  const at = { protocol: 'imap', host: '127.0.0.1', port: server.port, security: 'tls' } as const;
  const { survey, source } = await createOpenSurvey(dial, 50)(at, CREDENTIALS, never);
  const { folders, idle } = await survey(never);
  assert.deepEqual([folders.map(({ path, messages }) => [path, messages]), idle], [[['INBOX', null]], true]);
  await source.close();
  await server.close();
});

it('counts what a choice takes in without the folders that the server does not open', async (t) => {
  const leaf = await authority.issue(['127.0.0.1']);
  const tricks = { refuse: new Map([['EXAMINE Public', '[NOPERM] no']]) };
  const server = await startImapServer({ leaf, security: 'tls', tricks });
  t.after(() => server.close());
  server.store.addUser(CREDENTIALS.username, CREDENTIALS.password);
  for (const folder of ['INBOX', 'Public', 'Work'])
    server.append(CREDENTIALS.username, message(100), { folder });
  await looking({ protocol: 'imap', port: server.port }, async ({ measure }) => {
    const two = { messages: 2, bytes: 200, exact: true };
    assert.deepEqual(await measure('all', { kind: 'all' }, never), two);
    await assert.rejects(measure(['INBOX', 'Public'], { kind: 'all' }, never), (error) =>
      isFault(error, 'source-unavailable'),
    );
  });
});

it('measures what a choice takes in, by the day of arrival', async () => {
  await looking({ protocol: 'imap', port: dovecot.ports.imaps }, async ({ measure }) => {
    assert.deepEqual(await measure(['INBOX'], { kind: 'all' }, never), {
      messages: 4,
      bytes: 4000,
      exact: true,
    });
    assert.deepEqual(await measure('all', { kind: 'all' }, never), { messages: 5, bytes: 4500, exact: true });
    assert.deepEqual(await measure(['INBOX', 'Sent'], FROM('2026-02-10'), never), {
      messages: 4,
      bytes: 3500,
      exact: true,
    });
    assert.deepEqual(await measure(['INBOX'], FROM('2026-05-01'), never), {
      messages: 0,
      bytes: 0,
      exact: true,
    });
    assert.deepEqual(await measure('all', { kind: 'new', from: 0 }, never), {
      messages: 0,
      bytes: 0,
      exact: true,
    });
    await assert.rejects(measure(['Nowhere'], { kind: 'all' }, never), (error) =>
      isFault(error, 'folder-missing'),
    );
  });
});

it('estimates the bytes of a large folder from a sample, and says what is no exact count', async () => {
  const server = await startImapServer({ leaf: await authority.issue(['127.0.0.1']), security: 'tls' });
  const { username, password } = CREDENTIALS;
  server.store.addUser(username, password);
  const bytes = message(200);
  for (let at = 0; at < 6000; at += 1)
    server.append(username, bytes, { at: new Date(at < 3000 ? '2026-01-01' : '2026-06-01') });
  await looking({ protocol: 'imap', port: server.port }, async ({ measure }) => {
    const all = await measure(['INBOX'], { kind: 'all' }, never);
    assert.deepEqual(all, { messages: 6000, bytes: 1_200_000, exact: true });
    const described = server.commands.filter((name) => name === 'UID FETCH').length;
    assert.ok(described <= 5, `${described} listings`);
    const half = await measure(['INBOX'], FROM('2026-05-01'), never);
    assert.deepEqual(half, { messages: 3000, bytes: 600_000, exact: true });
  });
  await server.close();
});

it('POP3 has one folder, no dates, and has to tell its messages apart', async () => {
  await looking({ protocol: 'pop3', port: dovecot.ports.pop3s }, async ({ survey, measure }) => {
    const found = await survey(never);
    const inbox = { path: 'INBOX', specialUse: 'inbox', aside: false, messages: 4, bytes: 4000 };
    assert.deepEqual(found, { folders: [inbox], idle: false, uidl: true });
    const all = { messages: 4, bytes: 4000 };
    assert.deepEqual(await measure(['INBOX'], { kind: 'all' }, never), { ...all, exact: true });
    assert.deepEqual(await measure('all', FROM('2026-04-01'), never), { ...all, exact: false });
  });
  const server = await startPop3Server({
    leaf: await authority.issue(['127.0.0.1']),
    security: 'tls',
    accounts: [CREDENTIALS],
  });
  server.faults.noUidl = true;
  server.mailbox(CREDENTIALS.username).add(message(100));
  const dial = createDial({ privateNetworks: ['127.0.0.0/8'], ca: authority.caPem });
  const at = { protocol: 'pop3', host: '127.0.0.1', port: server.port, security: 'tls' } as const;
  const { survey, source } = await createOpenSurvey(dial)(at, CREDENTIALS, never);
  await assert.rejects(survey(never), (error) => isFault(error, 'no-uidl'));
  await source.close();
  await server.close();
});

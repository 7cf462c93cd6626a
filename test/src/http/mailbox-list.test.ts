/** Lists of mailboxes, in and out. */
import assert from 'node:assert/strict';
import * as test from 'node:test';
import fc from 'fast-check';
import { passwordPlace } from '../../../src/core/place.ts';
import type { Imported, Mailbox } from '../../../src/http/api.ts';
import { csvRow } from '../../../src/http/csv.ts';
import { readCsv, withoutGuard } from '../../../src/http/csv-read.ts';
import { createUnseal } from '../../../workers/unseal.ts';
import { sessionFor, startWeb } from '../../http.ts';

const web = await startWeb(test);
let users = 0;
const someone = () => sessionFor(web, `lister-${++users}`);
type Browser = Awaited<ReturnType<typeof someone>>['browser'];

const headers = { 'content-type': 'text/csv' };
const send = (browser: Browser, body: string, status = 200) =>
  browser.json<Imported & { error: { code: string; message: string } }>(
    'POST',
    '/api/v1/mailboxes/import',
    status,
    { body, headers },
  );
const mailboxesOf = async (browser: Browser) =>
  (await browser.json<{ mailboxes: Mailbox[] }>('GET', '/api/v1/mailboxes', 200)).mailboxes;
const codes = ({ lines }: Imported) => lines.map(({ line, error }) => [line, error?.code ?? 'ok']);

test.test('each line is connected by itself, sealed, with an answer of its own', async () => {
  const { browser, userId } = await someone();
  const csv = [
    '\ufeffProtocol,Host,Port,Security,Username,Password,start,history,folders,pollSeconds,skipInbox',
    'imap,imap.example.com,993,tls,one@example.com,"pass, ""word"" =1",,new,all,600,yes',
    "pop3,pop.example.com,,,two@example.com,'=kept,no,,,,",
    ',imap.example.com,,starttls,three@example.com, blank ,,since,"INBOX',
    'Sent ""Items""",,',
    'smtp,imap.example.com,25,tls,x,y',
    'imap,imap.example.com,993,tls,one@example.com,again',
    ',,,,,,',
    'imap,not a host,993,tls,x,y',
    'imap,imap.example.com,993,tls,"four"@example.com,y',
    'imap,imap.example.com,70000,tls,five,y',
    'imap,imap.example.com,993,tls,six,',
    'imap,imap.example.com,993,tls,seven,y,,,,,,surplus',
    'imap,imap.example.com,993,tls,eight,y,perhaps',
    'imap,imap.example.com,993,tls,nine,y',
    'imap,imap.example.com,993,tls,ten,"y',
    'imap,imap.example.com,993,tls,eleven,y',
  ].join('\r\n');
  const answer = await send(browser, csv);
  assert.deepEqual(codes(answer), [
    [2, 'ok'],
    [3, 'ok'],
    [4, 'invalid-request'],
    [6, 'invalid-request'],
    [7, 'mailbox-exists'],
    [9, 'invalid-request'],
    [10, 'invalid-request'],
    [11, 'invalid-request'],
    [12, 'invalid-request'],
    [13, 'invalid-request'],
    [14, 'invalid-request'],
    [15, 'ok'],
    [16, 'invalid-request'],
  ]);
  assert.match(answer.lines[2]?.error?.message ?? '', /^options\.since: /);
  assert.match(answer.lines[3]?.error?.message ?? '', /^protocol: /);
  const listed = await mailboxesOf(browser);
  assert.deepEqual(
    listed.map(({ protocol, host, port, security, username }) => [protocol, host, port, security, username]),
    [
      ['imap', 'imap.example.com', 993, 'tls', 'one@example.com'],
      ['pop3', 'pop.example.com', 995, 'tls', 'two@example.com'],
      ['imap', 'imap.example.com', 993, 'tls', 'nine'],
    ],
  );
  const [first] = listed;
  assert.ok(first);
  const { history, folders, pollSeconds, skipInbox } = first.options;
  assert.deepEqual([history, folders, pollSeconds, skipInbox], ['new', 'all', 600, true]);
  const rows = await web.test.asOwner<{ id: string; sealed_password: Buffer; draft: boolean }>(
    'SELECT id, sealed_password, draft FROM mailboxes WHERE user_id = $1 ORDER BY created_at',
    [userId],
  );
  const unseal = createUnseal([web.unsealKeys]);
  const passwords: string[] = [];
  for (const { id, sealed_password: sealed } of rows)
    passwords.push(new TextDecoder().decode(await unseal(sealed, passwordPlace(userId, id as never))));
  assert.deepEqual(passwords, ['pass, "word" =1', "'=kept", 'y']);
  assert.deepEqual(
    rows.map(({ draft }) => draft),
    [false, true, false],
  );
  const probed = await web.test.asOwner(
    "SELECT FROM pgboss.job WHERE name = 'probe' AND data ->> 'userId' = $1",
    [userId],
  );
  assert.equal(probed.length, 3);
  for (const secret of ['pass, ', '=kept', 'again', 'surplus'])
    assert.ok(!JSON.stringify(answer).includes(secret) && !web.logged().includes(secret), secret);
});

test.test('what is wrong with a line is said in words that are not about programs', async () => {
  const { browser } = await someone();
  const { lines } = await send(
    browser,
    [
      'host,port,username,password,protocol,start,pollSeconds',
      ',,one,word,,,',
      'imap.example.com,soon,two,word,,,',
      'imap.example.com,,three,word,smtp,,',
      'imap.example.com,,four,word,,perhaps,',
      'imap.example.com,,five,word,,,often',
    ].join('\n'),
  );
  assert.deepEqual(
    lines.map(({ error }) => error?.message),
    [
      'host: is required',
      'port: must be a number',
      'protocol: must be one of imap, pop3',
      'start: must be true or false',
      'options.pollSeconds: must be a number',
    ],
  );
});

test.test('a list that is none is refused as a whole, and nothing of it is told', async () => {
  const { browser } = await someone();
  const row = 'imap.example.com,someone,canary-word';
  for (const [body, rule] of [
    [row, /^body: column 1 has no name that is known/],
    ['host,username\r\nx,y', /^body: has no column password/],
    ['host,username,password,Host\r\n', /^body: has a column twice/],
    ['"host,username,password', /^body: the first line has a quote/],
    ['\r\n\r\n', /^body: is empty/],
    [`host,username,password\r\n${`${row}\r\n`.repeat(101)}`, /^body: must not have more than 100 lines/],
  ] as const) {
    const { error } = await send(browser, body, 400);
    assert.match(error.message, rule);
    assert.ok(!error.message.includes('canary'));
  }
  await send(browser, `host,username,password\r\n${'x'.repeat(300_000)}`, 413);
  const post = (kind: string, body: string | Buffer<ArrayBuffer>) =>
    fetch(`${web.base}/api/v1/mailboxes/import`, {
      method: 'POST',
      body,
      headers: {
        origin: 'https://mail.example.com',
        'content-type': kind,
        cookie: [...browser.cookies].map((pair) => pair.join('=')).join('; '),
      },
    });
  const latin1 = Buffer.from('host,username,password\r\nimap.example.com,x,pässwort', 'latin1');
  const refused = await post('text/csv', latin1);
  assert.deepEqual(
    [refused.status, await refused.json()],
    [400, { error: { code: 'invalid-request', message: 'body: must be UTF-8' } }],
  );
  assert.equal((await post('application/json', '{}')).status, 415);
  assert.equal((await mailboxesOf(browser)).length, 0);
});

test.test('semicolons, tabs and bare line feeds are read, too', async () => {
  const { browser } = await someone();
  for (const [i, [separator, end]] of (
    [
      [';', '\n'],
      ['\t', '\r'],
      [',', '\r\n'],
    ] as const
  ).entries()) {
    const lines = [
      ['username', 'host', 'password'],
      [`user-${i}`, 'imap.example.com', `"a${separator.replace('\t', ' ')}b"`],
    ];
    const answer = await send(browser, lines.map((cells) => cells.join(separator)).join(end));
    assert.deepEqual(codes(answer), [[2, 'ok']]);
  }
});

test.test(
  'what Excel adds is no part of a list: empty columns at the end, and a line that names what divides',
  async () => {
    const { browser } = await someone();
    for (const [csv, wanted] of [
      ['host,username,password,,\r\nimap.example.com,trailing,p,,\r\n', [[2, 'ok']]],
      [
        'host;username;password; \r\nimap.example.com;one;p;\r\nimap.example.com;two;p;stray\r\n',
        [
          [2, 'ok'],
          [3, 'invalid-request'],
        ],
      ],
      ['\ufeffsep=;\r\nhost;username;password\r\nimap.example.com;a,b,c;p\r\n', [[3, 'ok']]],
      ['SEP=,\nhost,username,password\nimap.example.com,named;x;y;z,p\n', [[3, 'ok']]],
    ] as const)
      assert.deepEqual(codes(await send(browser, csv)), wanted, csv);
    await send(browser, 'host,,username,password\nimap.example.com,,a,p\n', 400);
    await send(browser, ',,\n', 400);
  },
);

test.test('what goes out comes in again as it was', async () => {
  const { browser } = await someone();
  const target = await someone();
  const bodies = [
    { protocol: 'pop3', port: 995, username: '=cmd|x', options: { history: 'new', neverSpam: true } },
    { username: 'someone; "else", here', options: { folders: 'all', pollSeconds: 900 }, start: false },
    { security: 'starttls', port: 143, username: '<b>x', options: { folders: ['all'], skipInbox: true } },
    { username: "'=x", options: { history: 'new', label: "''-1", folders: ["'@a"] } },
    { username: 'y', options: { history: 'since', since: '2026-01-02', folders: ['INBOX', '@a,"b"', "'c"] } },
  ];
  for (const body of bodies)
    await browser.json('POST', '/api/v1/mailboxes', 201, {
      body: {
        protocol: 'imap',
        host: 'imap.example.com',
        port: 993,
        security: 'tls',
        password: 'x',
        ...body,
      },
    });
  await web.test.asOwner("UPDATE mailboxes SET state = 'paused' WHERE draft");
  const answer = await browser.send('GET', '/api/v1/mailboxes.csv');
  assert.match(answer.headers.get('content-type') ?? '', /^text\/csv/);
  assert.equal(answer.headers.get('content-disposition'), 'attachment; filename=mailboxes.csv');
  const csv = await answer.text();
  assert.ok(!csv.split('\r\n', 1)[0]?.split(',').includes('password') && csv.includes("'=cmd|x"));
  const [head, ...records] = [...readCsv(csv)].map(({ cells }) => cells.map(withoutGuard));
  const rows = [[...(head ?? []), 'password'], ...records.map((cells) => [...cells, 'secret'])];
  const imported = await send(target.browser, rows.map(csvRow).join(''));
  assert.ok(
    imported.lines.every(({ ok }) => ok),
    JSON.stringify(imported),
  );
  const settings = async (of: Browser) =>
    (await mailboxesOf(of)).map(({ protocol, host, port, security, username, options }) => ({
      protocol,
      host,
      port,
      security,
      username,
      options,
    }));
  assert.deepEqual(await settings(target.browser), await settings(browser));
});

test.test('no more mailboxes than an account may have, nor more dialling than by single calls', async (t) => {
  const slow = await startWeb(t, { dialsPerMinute: 10 });
  const { browser } = await sessionFor(slow, 'hasty');
  const lines = Array.from({ length: 100 }, (_, i) => `user-${i},imap.example.com,x`);
  const csv = ['username,host,password', ...lines].join('\n');
  const first = await send(browser, csv);
  assert.ok(first.lines.every(({ ok }) => ok));
  // As many as there may be.
  const more = await send(browser, 'username,host,password\nanother,imap.example.com,x');
  assert.match(more.lines[0]?.error?.code ?? '', /^(too-many|rate-limited)$/);
  await slow.test.asOwner('DELETE FROM mailboxes');
  const again = await send(browser, csv);
  const refused = again.lines.filter(({ error }) => error?.code === 'rate-limited').length;
  assert.ok(refused >= 80, `${refused} had to wait`);
});

test.test('the reader takes back what the writer wrote, and anything at all', () => {
  const cell = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc
      .array(fc.constantFrom('"', ',', ';', '\r', '\n', '\t', 'a', "'", '='), { maxLength: 8 })
      .map((all) => all.join('')),
  );
  const plain = cell.filter((text) => !/^['=+\-@\t\r]/.test(text));
  fc.assert(
    fc.property(fc.array(fc.array(plain, { minLength: 2, maxLength: 4 }), { maxLength: 5 }), (rows) => {
      // The first line says what divides.
      const all = [['a', 'b'], ...rows].map(csvRow).join('');
      const kept = rows.filter((cells) => cells.some((each) => each !== ''));
      assert.deepEqual(
        [...readCsv(all)].slice(1).map(({ cells, broken }) => ({ cells, broken })),
        kept.map((cells) => ({ cells, broken: null })),
      );
    }),
  );
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 20 }), (pieces) => {
      let before = 0;
      for (const { line } of readCsv(pieces.join(','))) {
        assert.ok(line > before);
        before = line;
      }
    }),
  );
});

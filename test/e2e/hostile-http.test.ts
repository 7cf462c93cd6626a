/** What comes in over HTTP is wrong, huge, foreign or malicious: each gets a code and a sentence, and costs nobody else anything. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { createAuthority } from '../../standins/authority.ts';
import { type Browser, createBrowser } from '../browser.ts';
import { assertPrompt, type Ground, imapTenant, type Tenant } from '../hostile.ts';
import { type Service, startService, untilSome } from '../service.ts';

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const CANARY = 'canary-7b2e';

let service: Service;
let ground: Ground;
let neighbour: Tenant;
let stranger: Browser;

before(async () => {
  const authority = await createAuthority();
  // Nothing private is open but what the neighbour's server needs.
  service = await startService({ authority, env: { MAIL_PRIVATE_NETWORKS: '127.0.0.1/32,::1/128' } });
  ground = {
    google: service.google,
    leaf: await authority.issue(['localhost']),
    browser: () => createBrowser(service.url, service.url),
  };
  neighbour = await imapTenant(ground, 'neighbour');
  neighbour.receiveSamples(2);
  await neighbour.connect();
  await neighbour.untilArrived(2);
  stranger = ground.browser();
  assert.equal((await stranger.signIn('stranger@gmail.example')).status, 303);
});

after(async () => {
  await service?.stop();
  await neighbour?.close();
});

/** The refusal, which has the contract's shape and says nothing of what was sent. */
async function refusalOf(answer: Response): Promise<Refusal> {
  const text = await answer.text();
  const body = JSON.parse(text);
  assert.deepEqual(Object.keys(body), ['error'], text);
  assert.deepEqual(Object.keys(body.error), ['code', 'message'], text);
  assert.match(body.error.message, /^[^\n]{10,200}$/);
  assert.ok(!text.includes(CANARY), 'quotes what was sent');
  return { status: answer.status, ...body.error };
}

const MAILBOX = {
  protocol: 'imap',
  host: 'imap.example.com',
  port: 993,
  security: 'tls',
  username: 'someone',
  password: `${CANARY}-password`,
};
const create = (wrong: object | string) =>
  stranger.send('POST', '/api/v1/mailboxes', {
    body: typeof wrong === 'string' ? wrong : { ...MAILBOX, ...wrong },
  });

const nested = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;

test('malformed bodies', async () => {
  for (const [body, code] of [
    [`{"host":"${CANARY}`, 'invalid-json'],
    [`${CANARY}`, 'invalid-json'],
    ['"text"', 'invalid-json'],
    ['[]', 'invalid-request'],
    ['null', 'invalid-json'],
    ['{}', 'invalid-request'],
    [nested, 'invalid-request'],
    ['{"__proto__":{"admin":true},"constructor":1}', 'invalid-request'],
    [`\u{feff}{}`, 'invalid-request'],
  ] as const) {
    const refusal = await refusalOf(await create(body));
    assert.deepEqual([refusal.status, refusal.code], [400, code], body.slice(0, 40));
  }
});

test('wrong fields, each by its name', async () => {
  for (const [wrong, code, named] of [
    [{ protocol: CANARY }, 'invalid-request', /protocol/],
    [{ host: `${CANARY} ; rm` }, 'invalid-request', /host/],
    [{ host: '' }, 'invalid-request', /host/],
    [{ port: 0 }, 'invalid-request', /port/],
    [{ port: 65_536 }, 'invalid-request', /port/],
    [{ port: '993' }, 'invalid-request', /port/],
    [{ security: 'none' }, 'invalid-request', /security/],
    [{ username: 'some\r\none' }, 'credentials-invalid', /username/],
    [{ password: `${CANARY}\n` }, 'credentials-invalid', /password/],
    [{ password: `${CANARY}\0` }, 'credentials-invalid', /password/],
    [{ password: 'x'.repeat(513) }, 'credentials-invalid', /password/],
    [{ options: { folders: [] } }, 'invalid-request', /folders/],
    [{ options: { since: '2026-02-30', history: 'since' } }, 'invalid-request', /since/],
    [{ options: { pollSeconds: -1 } }, 'invalid-request', /pollSeconds/],
    [{ [CANARY]: true }, 'invalid-request', /unknown field/],
  ] as const) {
    const refusal = await refusalOf(await create(wrong));
    assert.deepEqual([refusal.status, refusal.code], [400, code], JSON.stringify(wrong).slice(0, 60));
    assert.match(refusal.message, named);
  }
});

test('huge bodies, announced, unannounced and disguised', async () => {
  const huge = JSON.stringify({ ...MAILBOX, host: 'x'.repeat(1_000_000) });
  assert.equal((await refusalOf(await create(huge))).code, 'too-large');
  const typed = (headers: Record<string, string>) =>
    stranger.send('POST', '/api/v1/mailboxes', { body: '{}', headers });
  assert.equal((await refusalOf(await typed({ 'content-type': 'text/xml' }))).code, 'unsupported-media-type');
  const unfolded = await refusalOf(await typed({ 'content-encoding': 'gzip' }));
  assert.equal(unfolded.code, 'unsupported-media-type');
  // A body that does not say how long it is.
  const sent = request(`${service.url}/api/v1/mailboxes`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'transfer-encoding': 'chunked',
      origin: service.url,
      cookie: [...stranger.cookies].map((pair) => pair.join('=')).join('; '),
    },
  });
  const answered = once(sent, 'response');
  for (let kilobytes = 0; kilobytes < 100; kilobytes += 1) sent.write('x'.repeat(1024));
  sent.end();
  const [answer] = await answered;
  assert.equal(answer.statusCode, 413);
  answer.resume();
  await assertPrompt(neighbour);
});

test('what is no HTTP at all ends its own connection', async () => {
  const { port } = new URL(service.url);
  for (const garbage of [
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc',
    'GET / HTTP/9.9\r\n\r\n',
    `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`,
    'POST /api/v1/mailboxes HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ]) {
    const socket = connect(Number(port), 'localhost');
    const closed = new Promise((resolve) => socket.on('error', () => undefined).on('close', resolve));
    socket.write(garbage, 'latin1');
    socket.resume();
    await closed;
  }
  assert.equal((await fetch(`${service.url}/healthz`)).status, 200);
});

test('another user’s mailbox is not there, whatever is asked of it', async () => {
  const { id } = await neighbour.mailbox();
  const unknown = '00000000-0000-4000-8000-000000000000';
  for (const one of [id, unknown, CANARY, `${id}'--`, '..%2f..', '%00']) {
    const path = `/api/v1/mailboxes/${one}`;
    for (const [method, what, body] of [
      ['GET', '', undefined],
      ['PATCH', '', { password: `${CANARY}` }],
      ['DELETE', '', undefined],
      ['POST', '/sync', undefined],
      ['POST', '/pause', undefined],
      ['POST', '/resume', undefined],
      ['POST', '/retry', {}],
    ] as const) {
      const refusal = await refusalOf(await stranger.send(method, path + what, { body }));
      assert.deepEqual([refusal.status, refusal.code], [404, 'not-found'], `${method} ${one}${what}`);
    }
  }
  const audit = await refusalOf(await stranger.send('GET', `/api/v1/audit?mailbox=${id}`));
  assert.equal(audit.code, 'not-found');
  const list = await stranger.json<{ mailboxes: unknown[] }>('GET', '/api/v1/mailboxes', 200);
  assert.deepEqual(list.mailboxes, []);
  assert.equal((await neighbour.mailbox()).state, 'active');
  await assertPrompt(neighbour);
});

test('servers that must not be dialled are not, and the mailbox says why', async () => {
  const forbidden = [
    ['10.0.0.1', 993, 'address-forbidden'],
    ['169.254.169.254', 993, 'address-forbidden'],
    ['127.0.0.2', 993, 'address-forbidden'],
    ['[::ffff:10.0.0.1]', 993, 'address-forbidden'],
    ['[64:ff9b::a00:1]', 993, 'address-forbidden'],
    ['8.8.8.8', 25, 'port-forbidden'],
    ['8.8.8.8', 5432, 'port-forbidden'],
  ] as const;
  for (const [host, port, code] of forbidden) {
    const { id } = await stranger.json<{ id: string }>('POST', '/api/v1/mailboxes', 201, {
      body: { ...MAILBOX, host, port },
    });
    const { state, fault } = await untilSome(async () => {
      const one = await stranger.json<{ state: string; fault: { code: string; message: string } | null }>(
        'GET',
        `/api/v1/mailboxes/${id}`,
        200,
      );
      return one.state === 'probing' ? null : one;
    });
    assert.deepEqual([state, fault?.code], ['unreachable', code], `${host}:${port}`);
    assert.match(String(fault?.message), /address is not a public one|Only the mail ports/);
  }
});

test('a sign-in that Google cannot answer, or that was never asked for, says so', async () => {
  const person = ground.browser();
  const back = await person.consent('person@gmail.example');
  ground.google.order({ rules: [{ at: 'token', times: 50, action: { kind: 'status', status: 500 } }] });
  const failed = await person.send('GET', back);
  assert.equal(failed.status, 503);
  assert.match(await failed.text(), /Google cannot be reached/);
  ground.google.order({ clear: true });
  const foreign = await ground.browser().send('GET', back);
  assert.equal(foreign.status, 400);
  assert.equal((await person.send('GET', '/api/v1/account')).status, 401);
  assert.equal((await person.signIn('person@gmail.example')).status, 303);
});

test('the neighbour’s books add up, and nothing that was sent is in the log', async () => {
  await neighbour.reconcile();
  assert.doesNotMatch(service.output(), /"level":(50|60)/);
  assert.ok(!service.output().includes(CANARY));
});

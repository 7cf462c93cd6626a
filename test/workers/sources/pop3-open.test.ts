import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pop3Auth, Pop3Faults } from '../../../standins/pop3-session.ts';
import { faultOfLogin } from '../../../workers/sources/pop3-fault.ts';
import { openPop3Client } from '../../../workers/sources/pop3-open.ts';
import { ACCOUNT, faultOf, message, read, setUp } from './pop3-setup.ts';

const signal = new AbortController().signal;
const verbs = (heard: readonly { readonly verb: string }[]): string[] => heard.map(({ verb }) => verb);

const WAYS: readonly (readonly [auth: readonly Pop3Auth[], noCapa: boolean, used: string | undefined])[] = [
  [['user', 'plain', 'apop'], false, 'AUTH'],
  [['user', 'apop'], false, 'USER'],
  [['user'], true, 'USER'],
  [['apop'], false, 'APOP'],
  [[], false, undefined],
  [['xoauth2'], false, undefined],
];
for (const [auth, noCapa, used] of WAYS) {
  test(`a server that knows ${auth.join(', ') || 'nothing'}${noCapa ? ' and no CAPA' : ''} is sent ${used ?? 'no password'}`, async (t) => {
    const { server, open } = await setUp(t, { auth });
    Object.assign(server.faults, { noCapa });
    if (used === undefined) {
      assert.equal(await faultOf(open()), 'login-disabled');
      assert.deepEqual(verbs(server.heard), ['CAPA']);
      return;
    }
    await open();
    assert.equal(verbs(server.heard)[1], used);
  });
}

test('a response too long for one command line goes on a line of its own', async (t) => {
  const account = { username: 'ada', password: 'p'.repeat(300) };
  const { at, dial, server } = await setUp(t, { auth: ['plain'], accounts: [account] });
  const client = await openPop3Client(at, account, dial, signal);
  await client.close();
  assert.equal(server.heard.filter(({ verb }) => verb === 'AUTH').length, 1);
});

test('XOAUTH2 logs in with a token, and a bad token is refused', async (t) => {
  const { at, dial, server } = await setUp(t, {
    auth: ['xoauth2', 'plain'],
    accounts: [{ username: 'ada', password: 'token' }],
  });
  const open = (accessToken: string) => openPop3Client(at, { username: 'ada', accessToken }, dial, signal);
  await (await open('token')).close();
  const lines = server.heard.map(({ line }) => line);
  assert.ok(lines.includes('AUTH XOAUTH2'), 'the token goes on a line of its own, as Microsoft wants it');
  assert.equal(await faultOf(open('other')), 'login-refused');
  assert.equal(await faultOf(open('a\x01b')), 'credentials-invalid');
  assert.equal(verbs(server.heard).filter((verb) => verb === 'AUTH').length, 2);
});

test('an access token is not sent as a password', async (t) => {
  const { at, dial, server } = await setUp(t, { auth: ['user', 'plain'] });
  const opened = openPop3Client(at, { username: ACCOUNT.username, accessToken: 'token' }, dial, signal);
  assert.equal(await faultOf(opened), 'login-disabled');
  assert.deepEqual(verbs(server.heard), ['CAPA']);
});

test('a wrong password is refused, and nothing of it is in the error', async (t) => {
  for (const auth of [['user'], ['plain'], ['apop']] as const) {
    const { at, dial } = await setUp(t, { auth });
    const error = await openPop3Client(at, { ...ACCOUNT, password: 'hunter2secret' }, dial, signal).catch(
      (e) => e,
    );
    assert.equal(error.code, 'login-refused');
    assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)} ${error.cause}`, /hunter2|aHVudGVy|ada@/);
  }
});

test('credentials with control characters are refused before anything is dialled', async (t) => {
  const { at, dial, server } = await setUp(t);
  for (const bad of ['a\r\nDELE 1', 'a\nb', 'a\0b', 'a\tb', 'a\x7fb', '\x1b']) {
    assert.equal(
      await faultOf(openPop3Client(at, { ...ACCOUNT, password: bad }, dial, signal)),
      'credentials-invalid',
    );
    assert.equal(
      await faultOf(openPop3Client(at, { ...ACCOUNT, username: bad }, dial, signal)),
      'credentials-invalid',
    );
  }
  assert.deepEqual(server.heard, []);
  assert.equal(server.connections, 0);
});

const DOWNGRADES: Readonly<Record<string, readonly [Pop3Faults, fault: string]>> = {
  'does not offer STLS': [{ hideStls: true }, 'tls-unavailable'],
  'refuses STLS': [{ refuseStls: true }, 'tls-unavailable'],
  'knows no CAPA and refuses STLS': [{ noCapa: true, refuseStls: true }, 'tls-unavailable'],
  'speaks on in plain behind its consent': [{ injectAtStls: '+OK injected\r\n' }, 'source-protocol'],
};
for (const [habit, [faults, expected]] of Object.entries(DOWNGRADES)) {
  test(`a server that ${habit} sees no credentials`, async (t) => {
    const { server, open } = await setUp(t, { security: 'starttls' });
    Object.assign(server.faults, faults);
    assert.equal(await faultOf(open()), expected);
    assert.ok(verbs(server.heard).every((verb) => verb === 'CAPA' || verb === 'STLS'));
  });
}

const HABITS: Readonly<Record<string, readonly [Pop3Faults, fault: string]>> = {
  'never says a word': [{ silent: true }, 'source-timeout'],
  'does not answer CAPA': [{ ignore: 'CAPA' }, 'source-timeout'],
  'does not answer AUTH': [{ ignore: 'AUTH' }, 'source-timeout'],
  'greets with -ERR': [{ greeting: '-ERR too many connections' }, 'source-unavailable'],
  'greets with [SYS/TEMP]': [{ greeting: '-ERR [SYS/TEMP] later' }, 'source-unavailable'],
  'greets with [IN-USE]': [{ greeting: '-ERR [IN-USE] busy' }, 'source-busy'],
  'speaks SMTP': [{ greeting: '220 mail.example.test ESMTP' }, 'source-protocol'],
  'sends a line without an end': [{ hugeLineTo: 'CAPA' }, 'source-protocol'],
};
for (const [habit, [faults, expected]] of Object.entries(HABITS)) {
  test(`a server that ${habit} is ${expected}`, async (t) => {
    const { server, open } = await setUp(t);
    Object.assign(server.faults, faults);
    assert.equal(await faultOf(open({ gap: 100 })), expected);
  });
}

test('opening has one deadline and can be called off', async (t) => {
  const { server, open } = await setUp(t);
  server.faults.silent = true;
  assert.equal(await faultOf(open({ open: 50 })), 'source-timeout');
  const controller = new AbortController();
  const opening = faultOf(open({}, controller.signal));
  const reason = new Error('shutting down');
  controller.abort(reason);
  assert.equal(await opening, reason);
});

test('a refused login is told apart by its code, else by its words', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['[AUTH] Authentication failed.', 'login-refused'],
    ['[IN-USE] Do you have another POP session running?', 'source-busy'],
    ['[in-use]', 'source-busy'],
    ['[LOGIN-DELAY] minimum time between mail checks', 'source-throttled'],
    ['[SYS/TEMP] Temporary authentication failure.', 'source-unavailable'],
    ['[SYS/PERM] disk is broken', 'source-unavailable'],
    ['[AUTH] mailbox in use', 'login-refused'],
    ['Unable to lock maildrop: Mailbox is locked by POP server', 'source-busy'],
    ['maildrop already locked', 'source-busy'],
    ['Mailbox in use', 'source-busy'],
    ['mailbox is busy, try later', 'source-busy'],
    ['POP3 session already open: user already logged in', 'source-busy'],
    ['login too frequent', 'source-throttled'],
    ['Too many login attempts', 'source-throttled'],
    ['Temporary failure, try again later', 'source-unavailable'],
    ['Your account is locked. Contact support.', 'login-refused'],
    ['invalid user name or password', 'login-refused'],
    ['', 'login-refused'],
  ];
  for (const [text, expected] of cases) assert.equal(faultOfLogin(text).code, expected, text);
});

test('a refused RETR is a fault of the message', async (t) => {
  const { server, open } = await setUp(t);
  server.mailbox(ACCOUNT.username).add(message('a'));
  server.mailbox(ACCOUNT.username).add(message('b'));
  const source = await open();
  const { messages } = await source.list('INBOX', null, { kind: 'all' }, signal);
  for (const refusal of ['[SYS/TEMP] cannot read', 'no such message']) {
    server.faults.retrRefusal = refusal;
    for await (const fetched of source.fetch(messages, signal))
      assert.equal(await faultOf(read(fetched)), 'message-unreadable');
  }
  assert.equal(await source.count('INBOX', signal), 2);
});

const LISTINGS: Readonly<Record<string, Pop3Faults>> = {
  'knows no UIDL': { noUidl: true },
  'gives two messages one id': { sameUidl: 'twin' },
  'gives messages empty ids': { sameUidl: '' },
};
for (const [habit, faults] of Object.entries(LISTINGS)) {
  test(`a server that ${habit} cannot be transferred from`, async (t) => {
    const { server, open } = await setUp(t);
    Object.assign(server.faults, faults);
    for (const subject of ['a', 'b']) server.mailbox(ACCOUNT.username).add(message(subject));
    const source = await open();
    assert.equal(await faultOf(source.list('INBOX', null, { kind: 'all' }, signal)), 'no-uidl');
    assert.equal(await source.count('INBOX', signal), 2);
  });
}

test('every place where a server can stall or hang up within a message is noticed', async (t) => {
  const { server, open } = await setUp(t);
  const bytes = message('cut', '.a\r\nb\r\n');
  server.mailbox(ACCOUNT.username).add(bytes);
  const wireLength = bytes.length + 1 + 3;
  for (let cut = 0; cut < wireLength; cut += 1) {
    for (const [fault, expected] of [
      ['closeAt', 'source-disconnected'],
      ['stallAt', 'source-timeout'],
    ] as const) {
      if (fault === 'stallAt' && cut < wireLength - 6) continue;
      Object.assign(server.faults, { closeAt: undefined, stallAt: undefined, [fault]: cut });
      // Short for what stalls, but long enough to get as far as the message on a slow machine.
      const source = await open(fault === 'stallAt' ? { gap: 500 } : {});
      const { messages } = await source.list('INBOX', null, { kind: 'all' }, signal);
      const reading = async () => {
        for await (const fetched of source.fetch(messages, signal)) await read(fetched);
      };
      assert.equal(await faultOf(reading), expected, `${fault} ${cut}`);
      await source.close();
    }
  }
});

test('sizes that LIST makes up change nothing', async (t) => {
  for (const sizes of [() => 0, () => 999_999_999, (bytes: number) => bytes - 1]) {
    const { server, open } = await setUp(t);
    server.faults.sizes = sizes;
    for (const subject of ['a', 'b', 'c']) server.mailbox(ACCOUNT.username).add(message(subject));
    const source = await open();
    const { messages } = await source.list('INBOX', null, { kind: 'all' }, signal);
    let got = '';
    for await (const fetched of source.fetch(messages, signal)) got += await read(fetched);
    assert.equal(got, ['c', 'b', 'a'].map((subject) => message(subject).toString()).join(''));
  }
});

test('what DELE marked is removed by QUIT, and by nothing else', async (t) => {
  const { at, dial, server } = await setUp(t);
  const drop = server.mailbox(ACCOUNT.username);
  for (const id of ['a', 'b']) drop.add(message(id), id);
  const aborted = await openPop3Client(at, ACCOUNT, dial, signal);
  await aborted.dele(1, signal);
  await aborted.request(['RETR 2'], signal);
  await aborted.close();
  const polite = await openPop3Client(at, ACCOUNT, dial, signal);
  assert.equal(await polite.stat(signal), 2);
  await polite.dele(2, signal);
  await polite.close();
  assert.deepEqual(
    drop.messages.map(({ uidl }) => uidl),
    ['a'],
  );
});

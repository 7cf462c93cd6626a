/** Opening an IMAP session against servers that lie, stall and refuse. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { isFault } from '../../../src/core/fault.ts';
import { openImap } from '../../../workers/sources/imap.ts';
import { dialTo, PASSWORD, setUp, USER } from './imap-fixture.ts';

const code =
  (expected: string) =>
  (error: unknown): boolean => {
    assert.ok(isFault(error), inspect(error));
    assert.equal(error.code, expected);
    return true;
  };

const sentCredentials = (commands: readonly string[]): boolean =>
  commands.some((name) => name === 'LOGIN' || name === 'AUTHENTICATE');

describe('IMAP: encryption comes first', () => {
  const plain = { security: 'starttls' } as const;
  for (const [what, tricks, expected] of [
    ['STARTTLS is not offered', { without: new Set(['STARTTLS']) }, 'tls-unavailable'],
    ['STARTTLS is refused', { refuse: new Map([['STARTTLS', 'not today']]) }, 'tls-unavailable'],
    ['the greeting claims to be logged in', { greeting: '* PREAUTH welcome' }, 'tls-unavailable'],
    ['a response is injected before TLS', { injected: '* CAPABILITY IMAP4rev1\r\n' }, 'source-protocol'],
    [
      'a tagged response is injected',
      { injected: '3 OK [CAPABILITY IMAP4rev1] done\r\n' },
      'source-protocol',
    ],
  ] as const) {
    it(`refuses when ${what}`, async () => {
      const { server, open } = await setUp(tricks, plain);
      await assert.rejects(open(), code(expected));
      await server.idle();
      assert.equal(sentCredentials(server.commands), false);
    });
  }

  for (const security of ['tls', 'starttls'] as const) {
    for (const [what, certificate] of [
      ['another name', { names: ['elsewhere.example'] }],
      ['a past time', { names: ['localhost'], expired: true }],
    ] as const) {
      it(`refuses a certificate for ${what}, ${security}`, async () => {
        const { server, open } = await setUp({}, { security, certificate });
        await assert.rejects(open(), code('certificate-invalid'));
        await server.idle();
        assert.equal(sentCredentials(server.commands), false);
      });
    }
  }
});

describe('IMAP: logging in', () => {
  for (const [text, expected] of [
    ['[AUTHENTICATIONFAILED] Invalid credentials', 'login-refused'],
    ['LOGIN failed.', 'login-refused'],
    ['[AUTHENTICATIONFAILED] Please check your password and try again later', 'login-refused'],
    ['[AUTHENTICATIONFAILED] Too many failed attempts', 'source-throttled'],
    ['[LIMIT] LOGIN Rate limit hit', 'source-throttled'],
    ['[ALERT] Too many simultaneous connections. (Failure)', 'source-throttled'],
    ['[UNAVAILABLE] Temporary authentication failure', 'source-unavailable'],
    ['Server temporarily unavailable', 'source-unavailable'],
    ['[INUSE] mailbox locked', 'source-busy'],
    ['Mailbox is in use', 'source-busy'],
  ] as const) {
    it(`takes "${text}" for ${expected}`, async () => {
      const { server, open } = await setUp({ refuse: new Map([['AUTHENTICATE', text]]) });
      await assert.rejects(open(), code(expected));
      await server.idle();
    });
  }

  it('says so when a server offers no password login', async () => {
    const { open } = await setUp({
      without: new Set(['AUTH=PLAIN']),
      also: ['LOGINDISABLED', 'AUTH=XOAUTH2'],
    });
    await assert.rejects(open(), code('login-disabled'));
  });

  it('uses LOGIN where AUTHENTICATE is not offered', async () => {
    const { server, open } = await setUp({ without: new Set(['AUTH=PLAIN']) });
    await (await open()).close();
    assert.ok(server.commands.includes('LOGIN'));
  });

  it('keeps credentials and server texts out of its errors', async () => {
    for (const name of ['AUTHENTICATE', 'LOGIN']) {
      const without = new Set(name === 'LOGIN' ? ['AUTH=PLAIN'] : ['SASL-IR']);
      const { open } = await setUp({
        without,
        refuse: new Map([[name, `no such login ${USER} ${PASSWORD}`]]),
      });
      await assert.rejects(open(), (error: unknown) => {
        const all = inspect(error, { depth: 20, showHidden: true });
        assert.ok(!all.includes(PASSWORD) && !all.includes(USER) && !all.includes('no such login'), all);
        assert.ok(!all.includes(Buffer.from(`\0${USER}\0${PASSWORD}`).toString('base64')));
        return code('login-refused')(error);
      });
    }
  });

  it('does without ID, NAMESPACE and IDLE', async () => {
    const refuse = new Map(['ID', 'NAMESPACE', 'ENABLE', 'LSUB'].map((name) => [name, 'no']));
    const { open } = await setUp({ refuse, without: new Set(['IDLE']) });
    const source = await open();
    assert.equal(await source.count('INBOX', new AbortController().signal), 0);
    assert.equal(await source.watch('INBOX', 60_000, new AbortController().signal), 'unsupported');
    await source.close();
  });

  for (const stalled of ['GREETING', 'CAPABILITY', 'AUTHENTICATE', 'NAMESPACE']) {
    it(`gives up on a server that says nothing at ${stalled}`, async () => {
      const { server, open } = await setUp({ stall: new Set([stalled]) });
      await assert.rejects(open({ open: 300 }), code('source-timeout'));
      await server.idle();
    });
  }

  it('takes a BYE as the greeting for what it says', async () => {
    const { open } = await setUp({ greeting: '* BYE Too many connections from your address' });
    await assert.rejects(open(), code('source-throttled'));
  });

  it('closes hard when LOGOUT is not answered', async () => {
    const { server, open } = await setUp({ stall: new Set(['LOGOUT']) });
    await (await open()).close();
    await server.idle();
  });
});

describe('IMAP: reaching a server', () => {
  const { signal } = new AbortController();
  const credentials = { username: USER, password: PASSWORD };
  const at = (port: number) => ({ protocol: 'imap', host: 'localhost', port, security: 'tls' }) as const;

  it('tries the next address when one is dead', async () => {
    const { server } = await setUp();
    const source = await openImap(at(server.port), credentials, dialTo('127.0.0.2', '127.0.0.1'), signal);
    assert.equal(await source.count('INBOX', signal), 0);
    await source.close();
  });

  it('says so when nobody listens', async () => {
    const { server } = await setUp();
    await server.close();
    await assert.rejects(
      openImap(at(server.port), credentials, dialTo('127.0.0.1'), signal),
      code('connect-refused'),
    );
  });

  it('says so when a server does not answer the TLS handshake', async () => {
    const silent = createServer((socket) => socket.on('error', () => {}).resume());
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const opening = openImap(at(port), credentials, dialTo('127.0.0.1'), signal, { open: 200 });
    await assert.rejects(opening, code('connect-timeout'));
    silent.close();
    await once(silent, 'close');
  });
});

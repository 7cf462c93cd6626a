/** Access tokens at mail servers: SASL XOAUTH2 over IMAP and POP3, and never a token where a password belongs. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { isFault } from '../../../src/core/fault.ts';
import type { Source } from '../../../src/core/ports.ts';
import { createAuthority } from '../../../standins/authority.ts';
import { type ImapServer, startImapServer } from '../../../standins/imap.ts';
import type { ImapTricks } from '../../../standins/imap-tricks.ts';
import { createDial } from '../../../workers/sources/dial.ts';
import { openImap } from '../../../workers/sources/imap.ts';

const USER = 'nora@outlook.example';
/** As long as Microsoft's are. */
const TOKEN = `EwB.${'t0kEn-'.repeat(250)}`;
const never = new AbortController().signal;
const authority = await createAuthority();
const leaf = await authority.issue(['localhost']);
const dial = createDial({ privateNetworks: ['127.0.0.0/8', '::1/128'], ca: authority.caPem });

async function open(
  tricks: ImapTricks,
  accessToken = TOKEN,
  { tokens = true, username = USER } = {},
): Promise<{ server: ImapServer; source: Promise<Source> }> {
  const admits = (user: string, token: string) => user === USER && token === TOKEN;
  const server = await startImapServer({ leaf, security: 'tls', tricks, ...(tokens && { tokens: admits }) });
  after(() => server.close());
  server.store.addUser(USER, 'a password');
  const target = { protocol: 'imap', host: 'localhost', port: server.port, security: 'tls' } as const;
  return { server, source: openImap(target, { username, accessToken }, dial, never, { logout: 100 }) };
}

const fault = async (work: Promise<Source>): Promise<string> =>
  work.then(
    async (source) => {
      await source.close();
      return 'none';
    },
    (error: unknown) => {
      assert.ok(isFault(error), String(error));
      assert.ok(!`${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`.includes('t0kEn'));
      return error.code;
    },
  );

describe('IMAP with an access token', () => {
  for (const [what, tricks] of [
    ['an initial response', {}],
    ['a response that is asked for', { without: new Set(['SASL-IR']) }],
  ] as const)
    it(`logs in by ${what}`, async () => {
      const { server, source } = await open(tricks);
      const opened = await source;
      assert.equal(await opened.count('INBOX', never), 0);
      await opened.close();
      assert.ok(server.commands.includes('AUTHENTICATE') && !server.commands.includes('LOGIN'));
    });

  it('answers the challenge that explains a refusal, and tries nothing else', async () => {
    for (const tricks of [{}, { without: new Set(['SASL-IR']) }]) {
      const { server, source } = await open(tricks, 't0kEn-of-somebody');
      assert.equal(await fault(source), 'login-refused');
      await server.idle();
      assert.equal(server.commands.filter((name) => name === 'AUTHENTICATE').length, 1);
      assert.ok(!server.commands.includes('LOGIN'));
    }
  });

  it('is refused for another user', async () => {
    const { source } = await open({}, TOKEN, { username: 'otto@outlook.example' });
    assert.equal(await fault(source), 'login-refused');
  });

  it('sends no token to a server that offers no way for one', async () => {
    const { server, source } = await open({}, TOKEN, { tokens: false });
    assert.equal(await fault(source), 'login-disabled');
    await server.idle();
    assert.ok(!server.commands.includes('AUTHENTICATE') && !server.commands.includes('LOGIN'));
  });

  it('takes outages and throttling for what they are', async () => {
    for (const [text, expected] of [
      ['[UNAVAILABLE] Server busy', 'source-unavailable'],
      ['User is authenticated but not connected; too many connections', 'source-throttled'],
      ['AUTHENTICATE failed.', 'login-refused'],
    ] as const) {
      const { source } = await open({ refuse: new Map([['AUTHENTICATE', text]]) });
      assert.equal(await fault(source), expected, text);
    }
  });

  it('sends no token with a control character', async () => {
    const { server, source } = await open({}, 'a\x01auth=Bearer b');
    assert.equal(await fault(source), 'credentials-invalid');
    assert.deepEqual(server.commands, []);
  });
});

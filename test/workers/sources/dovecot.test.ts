/** The source contract against a real server: Debian's Dovecot, IMAP and POP3, over TLS and STARTTLS. */
import { after } from 'node:test';
import { createAuthority } from '../../../standins/authority.ts';
import { createDial } from '../../../workers/sources/dial.ts';
import { createOpenSource } from '../../../workers/sources/open.ts';
import { describeSource } from '../../contract/source.ts';
import { startDovecot } from '../../dovecot.ts';

const authority = await createAuthority();
const dovecot = await startDovecot(authority);
after(() => dovecot.stop());
const dial = createDial({ privateNetworks: ['127.0.0.0/8', '::1/128'], ca: authority.caPem });
const open = createOpenSource({ dial });
const { imap, imaps, pop3, pop3s } = dovecot.ports;

/** Dovecot 2.3 turns NUL into 0x80 by IMAP, and its POP3 does not stuff a dot that is the first byte of all. */
const SKIPS = { imap: ['NUL'], pop3: ['a dot as the first byte'] } as const;

let users = 0;
for (const { protocol, security, port } of [
  { protocol: 'imap', security: 'tls', port: imaps },
  { protocol: 'imap', security: 'starttls', port: imap },
  { protocol: 'pop3', security: 'tls', port: pop3s },
  { protocol: 'pop3', security: 'starttls', port: pop3 },
] as const) {
  describeSource(`Dovecot, ${protocol}, ${security}`, { protocol, skips: SKIPS[protocol] }, async () => {
    users += 1;
    const credentials = { username: `user${users}`, password: 'correct "horse" \\ päss' };
    const { username } = credentials;
    await dovecot.addUser(username, credentials.password);
    return {
      credentials,
      open: (given, signal) => open({ protocol, host: 'localhost', port, security }, given, signal),
      deliver: (bytes, at, folder) => dovecot.deliver(username, bytes, { at, folder }),
      contents: async (folder) =>
        (await dovecot.stored(username, folder)).map(({ name, bytes }) => ({
          bytes,
          seen: flagsOf(name).includes('S'),
        })),
      remove: (index) => dovecot.remove(username, index),
      // That a message was read over POP3 Dovecot notes by itself.
      state: async () =>
        (await dovecot.stored(username)).map(({ name, bytes }) => [
          protocol === 'imap' && flagsOf(name),
          bytes,
        ]),
    };
  });
}

/** The flags of a Maildir file, `S` for seen; a file without any may or may not say so. */
function flagsOf(name: string): string {
  return name.split(':2,')[1] ?? '';
}

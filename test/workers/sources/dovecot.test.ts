/** The source contract against a real server: Debian's Dovecot, IMAP and POP3, over TLS and STARTTLS. */
import { after } from 'node:test';
import { createAuthority } from '../../../standins/authority.ts';
import { createDial } from '../../../workers/sources/dial.ts';
import { openImap } from '../../../workers/sources/imap.ts';
import { describeSource } from '../../contract/source.ts';
import { startDovecot } from '../../dovecot.ts';

const authority = await createAuthority();
const dovecot = await startDovecot(authority);
after(() => dovecot.stop());
const dial = createDial({ privateNetworks: ['127.0.0.0/8', '::1/128'], ca: authority.caPem });
const { imap, imaps } = dovecot.ports;

let users = 0;
for (const { protocol, security, port, open } of [
  { protocol: 'imap', security: 'tls', port: imaps, open: openImap },
  { protocol: 'imap', security: 'starttls', port: imap, open: openImap },
] as const) {
  describeSource(`Dovecot, ${protocol}, ${security}`, { protocol, holdsNul: false }, async () => {
    users += 1;
    const credentials = { username: `user${users}`, password: 'correct "horse" \\ päss' };
    const { username } = credentials;
    await dovecot.addUser(username, credentials.password);
    return {
      credentials,
      open: (given, signal) => open({ protocol, host: 'localhost', port, security }, given, dial, signal),
      deliver: (bytes, at) => dovecot.deliver(username, bytes, { at }),
      remove: (index) => dovecot.remove(username, index),
      state: async () => (await dovecot.stored(username)).map(({ name, bytes }) => [flagsOf(name), bytes]),
    };
  });
}

/** The flags of a Maildir file, `S` for seen; a file without any may or may not say so. */
function flagsOf(name: string): string {
  return name.split(':2,')[1] ?? '';
}

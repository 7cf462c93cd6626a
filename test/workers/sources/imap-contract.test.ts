/** The source contract against the IMAP stand-in, over TLS and STARTTLS. */
import { after } from 'node:test';
import { createAuthority } from '../../../standins/authority.ts';
import { startImapServer } from '../../../standins/imap.ts';
import { createDial } from '../../../workers/sources/dial.ts';
import { openImap } from '../../../workers/sources/imap.ts';
import { describeSource } from '../../contract/source.ts';

const authority = await createAuthority();
const leaf = await authority.issue(['localhost']);
const dial = createDial({ privateNetworks: ['127.0.0.0/8', '::1/128'], ca: authority.caPem });

for (const security of ['tls', 'starttls'] as const) {
  const server = await startImapServer({ leaf, security });
  after(() => server.close());
  let users = 0;
  describeSource(`IMAP stand-in, ${security}`, { protocol: 'imap', skips: [] }, async () => {
    users += 1;
    const credentials = { username: `user${users}@example.com`, password: 'correct "horse" \\ päss' };
    const { username } = credentials;
    server.store.addUser(username, credentials.password);
    return {
      credentials,
      open: (given, signal) =>
        openImap({ protocol: 'imap', host: 'localhost', port: server.port, security }, given, dial, signal),
      deliver: async (bytes, at, folder) => {
        server.append(username, bytes, { at, folder });
      },
      contents: async (folder) =>
        server.stored(username, folder).map(({ bytes, flags }) => ({ bytes, seen: flags.has('\\Seen') })),
      remove: async (index) => {
        const message = server.stored(username)[index];
        if (!message) throw new RangeError('no such message');
        server.store.remove(username, message.uid);
      },
      state: async () => [server.changes, server.stored(username).map(({ uid, flags }) => [uid, [...flags]])],
      quiet: () => server.idle(),
    };
  });
}

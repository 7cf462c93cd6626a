/**
 * The obvious way to find out that nothing is new, in a process of its own: every UID and its flags (imapflow), every UIDL
 * (node-pop3), each looked for in a set of those that are known, which is held in memory.
 */
import { ImapFlow } from 'imapflow';
import NodePop3 from 'node-pop3';
import { serve } from './child.ts';
import { PASSWORD, USER } from './full-mailbox.ts';

export interface Look {
  readonly protocol: 'imap' | 'pop3';
  readonly port: number;
}

const known = { imap: new Set<number>(), pop3: new Set<string>() };

/** How many of the mailbox are new. */
async function lookOverImap(port: number): Promise<number> {
  const client = new ImapFlow({
    host: 'localhost',
    port,
    secure: true,
    auth: { user: USER, pass: PASSWORD },
    logger: false,
    disableCompression: true,
  });
  await client.connect();
  await client.mailboxOpen('INBOX', { readOnly: true });
  let fresh = 0;
  for await (const { uid } of client.fetch('1:*', { uid: true, flags: true }, { uid: true })) {
    if (!known.imap.has(uid)) fresh += 1;
    known.imap.add(uid);
  }
  await client.logout();
  return fresh;
}

async function lookOverPop3(port: number): Promise<number> {
  const client = new NodePop3({ host: 'localhost', port, tls: true, user: USER, password: PASSWORD });
  const listing = (await client.UIDL()) as readonly (readonly string[])[];
  await client.QUIT();
  let fresh = 0;
  for (const [, uidl = ''] of listing) {
    if (!known.pop3.has(uidl)) fresh += 1;
    known.pop3.add(uidl);
  }
  return fresh;
}

serve(({ protocol, port }: Look) => (protocol === 'imap' ? lookOverImap(port) : lookOverPop3(port)));

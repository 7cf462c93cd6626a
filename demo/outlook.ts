/** The demo's mailbox at a pretended Microsoft, which is signed in at instead of giving a password. */
import type { Authority } from '../standins/authority.ts';
import { startImapServer } from '../standins/imap.ts';
import { sampleMail, sampleMails } from '../standins/mail.ts';
import { startMicrosoft } from '../standins/microsoft/server.ts';

export const OUTLOOK_MESSAGES = 40;
const TRICKLE_MS = 15_000;
const HOST = 'localhost';
/** The domain is Microsoft's, so that the wizard knows the provider; no mail and no look-up ever goes there. */
const ADDRESS = 'nora@outlook.com';

export interface DemoOutlook {
  readonly address: string;
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export async function startOutlook(authority: Authority): Promise<DemoOutlook> {
  const microsoft = await startMicrosoft({ accounts: [ADDRESS] });
  const imap = await startImapServer({
    leaf: await authority.issue([HOST, '127.0.0.1']),
    security: 'tls',
    tokens: (user, token) => microsoft.tokens.admits('imap', user, token),
  });
  imap.store.addUser(ADDRESS, 'no password will do');
  const deliver = ({ bytes, date }: ReturnType<typeof sampleMail>) =>
    imap.append(ADDRESS, bytes, { at: date });
  for (const mail of sampleMails('outlook', OUTLOOK_MESSAGES, new Date())) deliver(mail);
  let trickled = 0;
  const trickle = setInterval(() => {
    trickled += 1;
    deliver(sampleMail('new-outlook', trickled, new Date()));
  }, TRICKLE_MS);
  return {
    address: ADDRESS,
    environment: microsoft.environment([`imaps://${HOST}:${imap.port}`]),
    async close() {
      clearInterval(trickle);
      await Promise.all([imap.close(), microsoft.close()]);
    },
  };
}

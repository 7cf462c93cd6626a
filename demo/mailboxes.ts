/** The demo's two legacy mailboxes: a few hundred sample messages each, and new ones trickling in. */
import type { Authority } from '../standins/authority.ts';
import { startImapServer } from '../standins/imap.ts';
import { type SampleMail, sampleMail, sampleMails } from '../standins/mail.ts';
import { startPop3Server } from '../standins/pop3.ts';

export const IMAP_MESSAGES = 180;
export const POP3_MESSAGES = 120;
const TRICKLE_MS = 5_000;

export interface DemoMailbox {
  readonly protocol: 'imap' | 'pop3';
  readonly host: string;
  readonly port: number;
  readonly security: 'tls' | 'starttls';
  readonly username: string;
  readonly password: string;
}

export interface DemoMailboxes {
  readonly mailboxes: readonly DemoMailbox[];
  close(): Promise<void>;
}

const HOST = 'localhost';
const OWNER = { username: 'owner@example.org', password: 'a legacy password' } as const;

/** Both speak TLS with certificates of `authority`; every 5 s one of them gets a new message. */
export async function startMailboxes(authority: Authority): Promise<DemoMailboxes> {
  const leaf = await authority.issue([HOST, '127.0.0.1']);
  const imap = await startImapServer({ leaf, security: 'tls' });
  imap.store.addUser(OWNER.username, OWNER.password);
  const pop3 = await startPop3Server({ leaf, security: 'starttls', accounts: [OWNER] });
  const maildrop = pop3.mailbox(OWNER.username);
  const deliver = {
    imap: ({ bytes, date }: SampleMail) => imap.append(OWNER.username, bytes, { at: date }),
    pop3: ({ bytes }: SampleMail) => maildrop.add(bytes),
  };
  const start = new Date();
  for (const mail of sampleMails('imap', IMAP_MESSAGES, start)) deliver.imap(mail);
  for (const mail of sampleMails('pop3', POP3_MESSAGES, start)) deliver.pop3(mail);
  let trickled = 0;
  const trickle = setInterval(() => {
    trickled += 1;
    const protocol = trickled % 2 === 0 ? 'pop3' : 'imap';
    deliver[protocol](sampleMail(`new-${protocol}`, trickled, new Date()));
  }, TRICKLE_MS);
  return {
    mailboxes: [
      { protocol: 'imap', host: HOST, port: imap.port, security: 'tls', ...OWNER },
      { protocol: 'pop3', host: HOST, port: pop3.port, security: 'starttls', ...OWNER },
    ],
    async close() {
      clearInterval(trickle);
      await Promise.all([imap.close(), pop3.close()]);
    },
  };
}

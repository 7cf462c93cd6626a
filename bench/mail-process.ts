/** The stand-ins for mail servers in a process of their own, with mail made up on the spot, the same in every run. */
import { createHash } from 'node:crypto';
import type { Leaf } from '../standins/authority.ts';
import { type ImapServer, startImapServer } from '../standins/imap.ts';
import { type Pop3Server, startPop3Server } from '../standins/pop3.ts';
import { serve } from './child.ts';

export const PASSWORD = 'secret-of-the-benchmark';
export const POP3_USER = 'pop3-user';

export type MailQuestion =
  | { readonly kind: 'start'; readonly leaf: Leaf }
  /** Gives each of these new IMAP users the same messages of these sizes. */
  | { readonly kind: 'fill'; readonly users: readonly string[]; readonly sizes: readonly number[] }
  /** Puts one message into the POP3 user's mailbox. */
  | { readonly kind: 'pop3'; readonly size: number };

export interface MailPorts {
  readonly imap: number;
  readonly pop3: number;
}

const LINE = Buffer.from(
  `${'The path follows the river, and the river takes its time. '.repeat(2).slice(0, 76)}\r\n`,
);

/** Shared by all users: they cost the memory of one. */
const made = new Map<string, Buffer>();

function mailOf(n: number, size: number): Buffer {
  const id = createHash('sha256').update(`${n}:${size}`).digest('hex').slice(0, 24);
  const mail = made.get(id) ?? Buffer.alloc(size, LINE);
  made.set(id, mail);
  mail.write(
    `From: Rowing Club <news@rowing.example.net>\r\nTo: owner@example.org\r\nSubject: Minutes, part ${n}\r\n` +
      `Date: Thu, 05 Feb 2026 08:00:00 +0000\r\nMessage-ID: <${id}@rowing.example.net>\r\nMIME-Version: 1.0\r\n\r\n`,
  );
  mail.write('\r\n', size - 2);
  return mail;
}

let imap: ImapServer;
let pop3: Pop3Server;

serve(async (question: MailQuestion): Promise<MailPorts | null> => {
  switch (question.kind) {
    case 'start': {
      const { leaf } = question;
      const accounts = [{ username: POP3_USER, password: PASSWORD }];
      imap = await startImapServer({ leaf, security: 'tls' });
      pop3 = await startPop3Server({ leaf, security: 'tls', accounts });
      return { imap: imap.port, pop3: pop3.port };
    }
    case 'fill':
      for (const user of question.users) {
        imap.store.addUser(user, PASSWORD);
        for (const [n, size] of question.sizes.entries()) imap.append(user, mailOf(n, size));
      }
      return null;
    case 'pop3':
      pop3.mailbox(POP3_USER).add(mailOf(0, question.size));
      return null;
  }
});

/** Mailboxes of several owners at stand-in servers for both protocols, and what was put into them. */
import { createHash } from 'node:crypto';
import type { Authority } from '../../standins/authority.ts';
import { startImapServer } from '../../standins/imap.ts';
import { sampleMail } from '../../standins/mail.ts';
import { startPop3Server } from '../../standins/pop3.ts';

const OWNERS = 4;
const CRLF = Buffer.from('\r\n');

export interface SentMail {
  /** The owner's Gmail address. */
  readonly owner: string;
  readonly mailbox: Mailbox;
  readonly sha256: string;
}

export interface Mailbox {
  readonly owner: string;
  readonly protocol: 'imap' | 'pop3';
  readonly username: string;
  readonly password: string;
}

export interface Mail {
  readonly mailboxes: readonly Mailbox[];
  readonly ports: Readonly<Record<Mailbox['protocol'], number>>;
  readonly sent: readonly SentMail[];
  /** Puts `count` new messages into mailboxes in turn, from the one that `random` says. */
  deliver(count: number, random: (below: number) => number): void;
  close(): Promise<void>;
}

export async function startMail(authority: Authority): Promise<Mail> {
  const leaf = await authority.issue(['localhost', '127.0.0.1']);
  const mailboxes = Array.from({ length: OWNERS }, (_, n) =>
    (['imap', 'pop3'] as const).map((protocol) => ({
      owner: `owner-${n}@gmail.example`,
      protocol,
      username: `${protocol}-${n}`,
      password: `secret-${protocol}-${n}`,
    })),
  ).flat();
  const imap = await startImapServer({ leaf, security: 'tls' });
  const accounts = mailboxes.filter(({ protocol }) => protocol === 'pop3');
  const pop3 = await startPop3Server({ leaf, security: 'tls', accounts });
  for (const { protocol, username, password } of mailboxes)
    if (protocol === 'imap') imap.store.addUser(username, password);

  const sent: SentMail[] = [];
  const deliverOne = (mailbox: Mailbox): void => {
    const sample = sampleMail(mailbox.username, sent.length, new Date()).bytes;
    // POP3 has no way to serve a last line that is not ended (RFC 1939 §3).
    const whole = mailbox.protocol === 'imap' || sample.subarray(-2).equals(CRLF);
    const bytes = whole ? sample : Buffer.concat([sample, CRLF]);
    if (mailbox.protocol === 'imap') imap.append(mailbox.username, bytes);
    else pop3.mailbox(mailbox.username).add(bytes);
    sent.push({ owner: mailbox.owner, mailbox, sha256: createHash('sha256').update(bytes).digest('hex') });
  };
  return {
    mailboxes,
    ports: { imap: imap.port, pop3: pop3.port },
    sent,
    deliver(count, random) {
      const from = random(mailboxes.length);
      for (let n = 0; n < count; n += 1) {
        const mailbox = mailboxes[(from + n) % mailboxes.length];
        if (mailbox) deliverOne(mailbox);
      }
    },
    close: async () => {
      await Promise.all([imap.close(), pop3.close()]);
    },
  };
}

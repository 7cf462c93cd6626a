/** The policy's parts about what is stored, what is not, and how. */
import { html } from '../html.ts';
import { type Part, term } from './document.ts';
import { link } from './look.ts';

export const STORED: readonly Part[] = [
  {
    id: 'stored',
    title: 'What is stored',
    text: [
      [
        term('Your account:', 'Google’s id for it, your e-mail address, and when it was created.'),
        term(
          'Your consent at Google:',
          'the refresh token, sealed; a digest by which Google can name it; what was granted and when.',
        ),
        term(
          'Each mailbox you connect:',
          'server, port, user name and your choices, and the password, sealed. We need it to fetch your mail. Among the choices are the senders that you name in rules.',
        ),
        term(
          'Where you sign in at a mailbox’s provider instead:',
          'the provider’s id for that account, when you consented, and the refresh token, sealed, in the password’s place. While the sign-in is under way, two digests that tie it to your browser.',
        ),
        term(
          'How far each mailbox is:',
          'message ids of the mail server, names of the folders you chose, counts (by day, too, so that you can compare), keyed digests that tell which messages are done, where a POP3 server has them also how large it says they are, and, if you chose so, which of them wait to be deleted, moved or marked at your mail server, and what came of it for each line of the Glass Box. For a message under way also its size, its sender’s domain, how many From lines it has, whether it holds a NUL byte, and the sealed address of its upload at Google. For one that Gmail has refused also when you were told of it, if you asked for that. While a mailbox is being set up, also the names of its folders and what they hold in numbers.',
        ),
        term(
          'Each mailbox’s labels, if you switch them on:',
          'the names of the labels that its mail was given in Gmail, which are those of its folders where you want one for each, and the ids by which Gmail knows them.',
        ),
        term('The Glass Box:', 'one line for each message; see below.'),
        term(
          'Sessions and API keys:',
          'only their SHA-256, so that a copy of the database lets nobody in. For a key also its name, what it may do and when it was used last. For a session also the kind of browser, such as “Firefox on Linux”, where it is known.',
        ),
        term(
          'Notices:',
          'what you were told about your mailboxes (codes, counts, times and senders’ domains), and which of them you want by mail.',
        ),
        term(
          'Webhooks you set up:',
          'their addresses, which events they want, their secrets, sealed, and for 30 days what they were told (ids, states, codes, counts and the name of the mail server) and how that went. What your server answers is not kept, but for its status.',
        ),
        term(
          'Gmail’s allowance:',
          'how many bytes were added to your Gmail today, so that its limit is kept.',
        ),
      ],
    ],
  },
  {
    id: 'never',
    title: 'What is never stored',
    text: [
      'Messages. Subjects, names, addresses, text, attachments and headers are not written to any disk, database or log of ours. They stream through a worker’s memory, from your mail server to Google, and the buffers are overwritten as soon as they have been sent. The workers run without permission to write files.',
      'Of the header, only the domain of the sender is kept (while a message is under way also the number of its From lines), and the fingerprint of a message is keyed with a secret of your mailbox, so that nobody can find out from it whether you got a certain message.',
      'Your Google password, which you only ever type at Google, and your card number, which you only ever type at whoever takes the payment.',
    ],
  },
  {
    id: 'glass-box',
    title: 'The Glass Box: what the audit log holds',
    text: [
      'For each message: the time, which of your mailboxes it was in, the domain of its sender (not the address), what became of it and, where that needs one, a reason in our own words, its size in bytes, and how long it took. Each line carries a SHA-256 over itself and the line before it in its mailbox, and its number, so that nobody can change, remove or insert one without it showing. Nothing else: no subject, no name, no local part of an address, no words of a mail server.',
      'From these lines totals by the hour and by sender’s domain are added up. Entries are never changed. They are partitioned by account; you see yours, and nobody else does.',
    ],
  },
  {
    id: 'protection',
    title: 'How it is protected',
    text: [
      [
        term(
          'At rest:',
          'passwords and tokens are sealed with HPKE (RFC 9180, X25519 and AES-256-GCM), each bound to its account, table, column and row. Altered or moved to another place, it does not open.',
        ),
        term(
          'On the wire:',
          'mail servers are spoken to over TLS with a verified certificate, or not at all; there is no way to switch that off. So are Google’s services and, unless it is on the same machine, the database. On the public internet this site is served over https only.',
        ),
        term(
          'Between accounts:',
          'the database itself enforces, row by row, that a request or a worker’s run sees the rows of its own account only. The service refuses to start with a database login that could get round it.',
        ),
        html`<strong class="font-medium text-ink">“Zero trust”</strong> means something particular here: no part is trusted with more than its task. The web process can seal secrets but not open them; a worker opens them only for the run it is on; and Google enforces that our permission adds mail and reads none. It does not mean that you need not trust us at all: a worker has to hold your password and the passing message in memory while it works. ${link('/security', 'Security')} has the details.`,
      ],
    ],
  },
];

/** `/security`: how the promises are kept, and where to report that one is not. */
import { type Html, html } from '../html.ts';
import type { Installation } from '../installation.ts';
import { contact, type DocumentView, documentPage, type Part, term } from './document.ts';
import { link } from './look.ts';

export const securityPage = (view: DocumentView): string =>
  documentPage(view, {
    title: 'Security',
    description:
      'How smtp-sync keeps credentials sealed, tenants apart and mail off its disks, and how to report a weakness.',
    dated: false,
    opening:
      'How the promises are kept, what is left to trust, and where to report a weakness. Each of these is held up by tests that attack it.',
    parts: [...PARTS, report(view.installation)],
  });

const PARTS: readonly Part[] = [
  {
    id: 'two-halves',
    title: 'Two processes, two keys',
    text: [
      'What you see in the browser comes from the web process. It holds a public key only: it seals your password when you type it, and cannot open it again. It never speaks to a mail server.',
      'The workers hold the private key and talk to mail servers and to Gmail. They listen for nothing but requests for their own metrics. They run under Node’s permission model: no writing of files, no starting of programs.',
      'Keys can be replaced: everything is sealed again under the new one, and the old one can be thrown away.',
    ],
  },
  {
    id: 'sealing',
    title: 'Sealed credentials',
    text: [
      'Passwords and tokens are sealed with HPKE (RFC 9180): X25519 for the key, AES-256-GCM for the text. Each is bound to its account, table, column and row. A flipped bit, two swapped rows or a value that was never sealed is refused, the mailbox stops, and its owner is told.',
      'No answer, page, log line or error text ever holds one. Changing a mailbox’s server asks for the password again, so that a stolen session cannot send the stored one elsewhere.',
    ],
  },
  {
    id: 'tenants',
    title: 'Accounts apart',
    text: [
      'Every table with user data has row-level security, forced even for its owner. A request or a run names its account once, and the database shows it nothing else. What belongs to somebody else answers as if it did not exist.',
    ],
  },
  {
    id: 'wire',
    title: 'On the wire',
    text: [
      [
        term(
          'Mail servers:',
          'TLS 1.2 or newer, or STARTTLS before anything is said; the certificate must be valid for the name. There is no fallback to plain text.',
        ),
        term(
          'Addresses:',
          'only public ones, on mail ports only. The address is checked and then dialled as checked, so that a name cannot point into our network.',
        ),
        term(
          'This site:',
          'strict content security policy without inline scripts or foreign hosts, no framing, cookies for this host only, a check of the origin on every write.',
        ),
        term(
          'Google:',
          'authorisation code with PKCE, state and nonce, bound to your browser; the least permission that works. The one for labels is asked for apart, by whoever wants them.',
        ),
      ],
    ],
  },
  {
    id: 'bounds',
    title: 'Bounds',
    text: [
      'Messages stream in pieces, so memory has an upper bound whatever their size, and buffers are overwritten behind them. Sign-ins, and calls that make a worker dial out, are limited in rate. Sessions end after 7 days; you can see and end yours under “Account”.',
    ],
  },
  {
    id: 'trust',
    title: 'What is left to trust',
    text: [
      'A worker must hold your password and the passing message in memory while it works, so you trust whoever runs this installation not to change that software, and to guard its keys. What you need not trust them with: your Gmail, which our permission cannot read, and your old mail, which is not kept.',
      html`Use an app password where your provider has them: it can be taken back there without changing your own. And check us: the Glass Box shows what was done, ${link('https://myaccount.google.com/connections', 'your Google Account')} what was allowed.`,
    ],
  },
];

const report = (installation: Installation): Part => ({
  id: 'report',
  title: 'Report a weakness',
  text: [
    html`Write to ${contact(installation)}${machineReadable(installation)}. Say what you found and how to see it; leave other people’s data alone, and give us the time to mend it before you publish.`,
    'Who looks for weaknesses in good faith and keeps to this has nothing to fear from us.',
  ],
});

const machineReadable = ({ contactEmail }: Installation): Html | null =>
  contactEmail === null ? null : html` (also in ${link('/.well-known/security.txt', 'security.txt')})`;

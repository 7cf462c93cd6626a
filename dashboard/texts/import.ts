/** Texts of the import of a list of mailboxes. */
import { formatNumber } from './format.ts';

const mailboxes = (count: number): string =>
  `${formatNumber(count)} ${count === 1 ? 'mailbox' : 'mailboxes'}`;

/** The file's name in the API. */
const ABOUT_FILE = 'body: ';

export const importTexts = {
  open: 'Import a list',
  title: 'Import a list of mailboxes',
  intro:
    'A CSV file from any spreadsheet, saved as UTF-8, with up to 100 lines. Each line is connected by itself; its password is sealed as soon as it arrives. Delete the file afterwards: it holds your passwords.',
  template: 'Download a template',
  templateHint:
    'The first line names the columns. Needed are host, username and password; no password for Microsoft, where you sign in afterwards. An empty cell is the default.',
  file: 'File',
  fileHint: '256 kB at most.',
  choose: 'Choose a file first.',
  tooLarge: 'The file is larger than 256 kB. Split it.',
  /** Why a file was not taken at all, as the service has it. */
  refused: (message: string): string => {
    if (!message.startsWith(ABOUT_FILE)) return message;
    const rule = message.slice(ABOUT_FILE.length);
    return /^(?:is|has|must) /.test(rule)
      ? `The file ${rule}.`
      : `${rule.slice(0, 1).toUpperCase()}${rule.slice(1)}.`;
  },
  /** A column is called what the option is. */
  problem: (message: string): string => message.replace(/^options\./, ''),
  start: 'Import',
  busy: 'Connecting the mailboxes of your list',
  all: (count: number) => `${mailboxes(count)} connected`,
  some: (count: number, of: number) => `${formatNumber(count)} of ${mailboxes(of)} connected`,
  none: 'No mailbox was connected',
  noLines: 'The file has no line below its first one.',
  tested: 'Each is tested now, one after the other. What is wrong with one stands beside it.',
  again:
    'Put the other lines right and import the same file again: what is connected is not connected twice.',
  waits: (provider: string) => `Nothing is fetched before you sign in: ${provider} takes no passwords.`,
  newTab: '(in a new tab)',
  results: 'Lines of the file',
  line: (line: number) => `Line ${formatNumber(line)}`,
  connected: 'Connected',
  another: 'Choose another file',
  done: 'Done',
} as const;

/** Two lines to be overwritten. */
export const TEMPLATE = [
  'protocol,host,port,security,username,password,start,history,folders',
  'imap,imap.example.com,993,tls,someone@example.com,password,yes,new,all',
  'pop3,pop.example.com,995,tls,else@example.com,password,no,all,',
  '',
].join('\r\n');

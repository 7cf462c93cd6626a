/** A list of mailboxes as CSV: what an export writes, without the passwords, is what an import reads. */
import type { Mailbox } from './api.ts';
import { csvRow } from './csv.ts';
import { type CsvRecord, readCsv, withoutGuard } from './csv-read.ts';
import { HttpError } from './errors.ts';

export const MOST_LINES = 100;

const SERVER = [
  'protocol',
  'host',
  'port',
  'security',
  'username',
  'password',
  'auth',
  'provider',
  'start',
] as const;
type OptionName = keyof Mailbox['options'];
type Kind = 'text' | 'number' | 'yes-no' | 'list' | 'folders';
/** How a cell is read and written. A missing one fails to compile. */
const OPTIONS: Readonly<Record<OptionName, Kind>> = {
  history: 'text',
  since: 'text',
  folders: 'folders',
  skipInbox: 'yes-no',
  label: 'text',
  neverSpam: 'yes-no',
  afterImport: 'text',
  deleteAfterDays: 'number',
  pollSeconds: 'number',
  folderLabels: 'yes-no',
  moveTo: 'text',
  repair: 'yes-no',
  noticeRefused: 'yes-no',
  skipSenders: 'list',
  neverSpamDomains: 'list',
  maxBytes: 'number',
};
const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];
export const COLUMNS: readonly string[] = [...SERVER, ...OPTION_NAMES];
/** RFC 8314 §3 and RFC 2595: implicit TLS, or STARTTLS on the old port. */
const PORTS = { imap: { tls: 993, starttls: 143 }, pop3: { tls: 995, starttls: 110 } } as const;

/** What a line says of a mailbox, still to be parsed; without a host where its cell is empty. */
export interface ListedInput {
  readonly protocol: string;
  readonly host?: string;
  readonly port: unknown;
  readonly security: string;
  readonly username: string;
  readonly auth?: string;
  readonly provider?: string;
  readonly password?: string;
  readonly start?: unknown;
  readonly options: object;
}

/** One line of a list, or why it is none. */
export type ListedMailbox = { readonly line: number } & (
  | { readonly input: ListedInput }
  | { readonly problem: string }
);

/** HttpError `invalid-request` where the list as a whole cannot be read. */
export function readMailboxList(text: string): ListedMailbox[] {
  const [head, ...records] = readCsv(text);
  if (head === undefined) throw refusal('is empty: the first line names the columns');
  const columns = columnsOf(head);
  if (records.length > MOST_LINES) throw refusal(`must not have more than ${MOST_LINES} lines`);
  return records.map((record) => {
    const { line } = record;
    const problem = problemOf(record, columns.length);
    return problem === null ? { line, input: inputOf(record, columns) } : { line, problem };
  });
}

const refusal = (rule: string): HttpError => new HttpError('invalid-request', `body: ${rule}`);

function columnsOf({ cells, broken }: CsvRecord): string[] {
  if (broken !== null) throw refusal('the first line has a quote that does not end');
  const known = new Map(COLUMNS.map((name) => [name.toLowerCase(), name]));
  // Empty columns behind the last one are what spreadsheets leave where there was something once.
  const last = cells.findLastIndex((cell) => cell.trim() !== '');
  const names = cells.slice(0, last + 1).map((cell) => known.get(cell.trim().toLowerCase()));
  const unknown = names.indexOf(undefined);
  // Not by its name: it may be a password, where a list has no first line.
  if (unknown >= 0)
    throw refusal(`column ${unknown + 1} has no name that is known; the first line names the columns`);
  const columns = names.filter((name) => name !== undefined);
  const has = (name: string): boolean => columns.includes(name);
  // A provider says where its server is, and takes no password.
  const needed = [
    ...(has('provider') ? [] : ['host']),
    'username',
    ...(has('auth') || has('provider') ? [] : ['password']),
  ];
  const missing = needed.find((name) => !has(name));
  if (missing !== undefined) throw refusal(`has no column ${missing}`);
  if (new Set(columns).size < columns.length) throw refusal('has a column twice');
  return columns;
}

function problemOf({ cells, broken }: CsvRecord, columns: number): string | null {
  if (broken === 'open-quote') return 'A quote is not closed: nothing behind it could be read.';
  if (broken === 'text-behind-quote')
    return 'There is text behind a closing quote. Write a quote within quotes twice.';
  return cells.length > columns && cells.slice(columns).some((cell) => cell !== '')
    ? `There are ${cells.length} cells, and ${columns} columns.`
    : null;
}

function inputOf({ cells }: CsvRecord, columns: readonly string[]): ListedInput {
  const cellOf = (name: string): string => cells[columns.indexOf(name)] ?? '';
  // Line breaks stay: one behind `all` says that a folder is called so.
  const plain = (name: string): string => withoutGuard(cellOf(name)).replace(/^[ \t]+|[ \t]+$/g, '');
  const protocol = plain('protocol').toLowerCase() || 'imap';
  const security = plain('security').toLowerCase() || 'tls';
  const sent = OPTION_NAMES.flatMap((name) => {
    const value = meaningOf(OPTIONS[name], plain(name));
    return value === undefined ? [] : [[name, value]];
  });
  return {
    protocol,
    ...(plain('host') !== '' && { host: plain('host') }),
    port: meaningOf('number', plain('port')) ?? portOf(protocol, security),
    security,
    username: plain('username'),
    ...(plain('auth') !== '' && { auth: plain('auth').toLowerCase() }),
    ...(plain('provider') !== '' && { provider: plain('provider').toLowerCase() }),
    // As it stands: a blank or an apostrophe may belong to it.
    ...(cellOf('password') !== '' && { password: cellOf('password') }),
    ...(plain('start') !== '' && { start: meaningOf('yes-no', plain('start')) }),
    options: Object.fromEntries(sent),
  };
}

/** What is no protocol is for the schema to refuse. */
const portOf = (protocol: string, security: string): number | undefined =>
  PORTS[protocol as keyof typeof PORTS]?.[security as 'tls' | 'starttls'];

/** undefined: nothing is said. What cannot be read stays text, for the schema to refuse. */
function meaningOf(kind: Kind, cell: string): unknown {
  if (cell === '') return undefined;
  const lines = cell.split(/\r\n|\n|\r/).map((each) => each.trim());
  switch (kind) {
    case 'text':
      return cell;
    case 'number':
      return /^\d{1,15}$/.test(cell) ? Number(cell) : cell;
    case 'yes-no':
      if (/^(true|yes|1)$/i.test(cell)) return true;
      return /^(false|no|0)$/i.test(cell) ? false : cell;
    case 'folders':
      return cell === 'all' ? 'all' : lines.filter((each) => each !== '');
    case 'list':
      return lines.filter((each) => each !== '');
  }
}

export function writeMailboxList(mailboxes: readonly Mailbox[]): string {
  const columns = COLUMNS.filter((name) => name !== 'password');
  const rows = mailboxes.map((mailbox) => {
    const cells: Record<string, string | number | null> = {
      protocol: mailbox.protocol,
      host: mailbox.host,
      port: mailbox.port,
      security: mailbox.security,
      username: mailbox.username,
      auth: mailbox.auth ?? 'password',
      provider: mailbox.provider ?? null,
      start: mailbox.state === 'paused' ? 'no' : 'yes',
    };
    for (const name of OPTION_NAMES) cells[name] = cellFor(name, mailbox.options[name]);
    return csvRow(columns.map((name) => cells[name] ?? null));
  });
  return csvRow(columns) + rows.join('');
}

function cellFor(name: OptionName, value: Mailbox['options'][OptionName]): string | number | null {
  if (value === null || typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  // A folder of this name is not all of them.
  return name === 'folders' && value.length === 1 && value[0] === 'all' ? 'all\n' : value.join('\n');
}

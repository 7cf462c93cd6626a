/** audit, verify, export. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditEntryView, Mailbox, Verification } from '../../src/http/api.ts';
import { type Command, chosen, type Given, listAll, pick, text } from '../command.ts';
import { EXIT, misused } from '../failure.ts';
import { Refusal, type Service } from '../service.ts';
import { count, instant, safe, size } from '../text.ts';

const FILTERS = ['status', 'domain', 'from', 'to'] as const;
const FILTER_OPTIONS = {
  mailbox: { type: 'string' },
  status: { type: 'string' },
  domain: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
} as const;
const FILTER_HELP = [
  '--mailbox MAILBOX  --status delivered|rejected|failed|uncertain|skipped|repaired  --domain SENDER',
  '--from TIME  --to TIME  dates or times, in UTC; `to` as a date is that day too',
];
const PAUSE_MS = 1_000;

/** As the API takes them. */
function queryOf(given: Given, mailboxes: readonly Mailbox[]): URLSearchParams {
  const query = new URLSearchParams();
  const mailbox = text(given, 'mailbox');
  if (mailbox !== undefined) query.set('mailbox', pick(mailboxes, mailbox).id);
  for (const name of FILTERS) {
    const value = text(given, name);
    if (value !== undefined) query.set(name, value);
  }
  return query;
}

const COLOURS = { delivered: 'green', repaired: 'yellow', skipped: 'dim' } as const;

function show({ terminal }: Given, entry: AuditEntryView, mailboxes: readonly Mailbox[]): void {
  const { status, reason, at, senderDomain, sizeBytes, mailboxId } = entry;
  const colour = (COLOURS as Readonly<Record<string, 'green' | 'yellow' | 'dim'>>)[status] ?? 'red';
  const name = mailboxes.find(({ id }) => id === mailboxId)?.username ?? mailboxId.slice(0, 8);
  const what = terminal.paint(colour, safe(status).padEnd(9));
  const why = reason ? `  ${safe(reason)}` : '';
  terminal.result(
    entry,
    `${instant(at)}  ${what}  ${size(sizeBytes).padStart(8)}  ${safe(senderDomain)}  ${safe(name)}${why}`,
  );
}

interface Page {
  readonly entries: readonly AuditEntryView[];
  readonly nextCursor: string | null;
}

/** The newest `most` entries that fit, the newest first. */
async function newest(
  service: Service,
  query: URLSearchParams,
  most: number,
): Promise<readonly AuditEntryView[]> {
  const found: AuditEntryView[] = [];
  for (let cursor: string | null = ''; cursor !== null && found.length < most; ) {
    const page = new URLSearchParams(query);
    page.set('limit', String(Math.min(500, most - found.length)));
    if (cursor !== '') page.set('cursor', cursor);
    const { entries, nextCursor }: Page = await service.call<Page>('GET', `/api/v1/audit?${page}`);
    found.push(...entries);
    cursor = nextCursor;
  }
  return found;
}

/** What is asked for at once while following: more than comes between two looks. */
const RECENT = 500;

async function audit(given: Given): Promise<number> {
  const { service, values } = given;
  const limit = text(given, 'limit') ?? '20';
  if (!/^[1-9]\d{0,5}$/.test(limit)) throw misused('--limit must be a number from 1 to 999999.');
  const at = service();
  const mailboxes = await listAll(at);
  const query = queryOf(given, mailboxes);
  const follows = values.follow === true;
  const entries = await newest(at, query, follows ? Math.max(RECENT, Number(limit)) : Number(limit));
  for (const entry of entries.slice(0, Number(limit)).toReversed()) show(given, entry, mailboxes);
  return follows
    ? await follow(given, at, query, mailboxes, new Set(entries.map(({ id }) => id)))
    : EXIT.done;
}

/** Until Ctrl-C. `seen`: ids that are not to be shown any more. */
async function follow(
  given: Given,
  at: Service,
  query: URLSearchParams,
  mailboxes: readonly Mailbox[],
  seen: Set<string>,
): Promise<never> {
  const say = (entry: AuditEntryView): void => {
    if (!seen.has(entry.id)) show(given, entry, mailboxes);
    seen.add(entry.id);
  };
  const look = async (): Promise<void> => {
    for (const entry of (await newest(at, query, RECENT)).toReversed()) say(entry);
  };
  for (;;) {
    try {
      let listens = false;
      for await (const { name, data } of at.events()) {
        // The stream begins with how the mailboxes are: what came before it did, it does not tell.
        if (!listens) await look();
        listens = true;
        if (name !== 'audit') continue;
        // Which entries the filters mean, the log itself says.
        if (query.size === 0) say(data as AuditEntryView);
        else await look();
      }
    } catch (error) {
      if (given.signal.aborted || error instanceof Refusal) throw error;
    }
    await sleep(PAUSE_MS, undefined, { signal: given.signal });
  }
}

async function verify({ terminal, service, words }: Given): Promise<number> {
  const at = service();
  let whole = true;
  for (const { id, username } of await chosen(at, words)) {
    let checked = 0;
    let last: Verification | undefined;
    for (let after: number | null = 0; after !== null; after = last.next) {
      last = await at.call<Verification>('GET', `/api/v1/mailboxes/${id}/chain/verify?after=${after}`);
      checked += last.checked;
      terminal.progress(username, checked, Math.max(last.head.seq, checked));
    }
    terminal.progress(null);
    const broken = last?.broken ?? null;
    if (broken) whole = false;
    terminal.result(
      { mailboxId: id, whole: broken === null, checked, head: last?.head ?? null, broken },
      broken
        ? terminal.paint(
            'red',
            `${safe(username)}: entry ${broken.seq} is ${broken.why}; ${Math.max(0, broken.seq - 1)} before it are whole.`,
          )
        : `${safe(username)}: ${count(checked, 'entry', 'entries')}, whole. Last: ${last?.head.seq} ${safe(last?.head.hash ?? '')}`,
    );
  }
  return whole ? EXIT.done : EXIT.failed;
}

export const AUDIT_COMMANDS: readonly Command[] = [
  {
    name: 'audit',
    takes: '[--follow]',
    summary: 'the audit log, the newest entries last',
    help: [
      '--follow  go on with what comes, until Ctrl-C',
      '--limit N  entries to begin with; default 20',
      ...FILTER_HELP,
    ],
    options: { ...FILTER_OPTIONS, follow: { type: 'boolean' }, limit: { type: 'string' } },
    words: [0, 0],
    run: audit,
  },
  {
    name: 'verify',
    takes: '[MAILBOX…]',
    summary: 'compute the chain of audit entries again',
    help: ['All mailboxes if none is named. Exit code 1 when an entry was changed or is missing.'],
    options: {},
    words: [0, 100],
    run: verify,
  },
];

export { FILTER_HELP, FILTER_OPTIONS, queryOf };

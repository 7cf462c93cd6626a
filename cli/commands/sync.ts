/** sync: look for mail now, and watch until it is done. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Mailbox } from '../../src/http/api.ts';
import { type Command, chosen, type Given, listAll } from '../command.ts';
import { EXIT, Failure } from '../failure.ts';
import { Refusal, type Service } from '../service.ts';
import { count, safe } from '../text.ts';

/** What still waits when nothing has moved for so long waits for a time of its own. */
const STILL_MS = 15_000;
/** Between two tries of the event stream. */
const PAUSE_MS = 1_000;

interface Watched {
  readonly before: Mailbox;
  /** The answer to the call: due now. */
  readonly asked: Mailbox;
  now: Mailbox;
  changedAt: number;
  over: boolean;
}

async function sync(given: Given): Promise<number> {
  const { terminal, service, words, values } = given;
  const at = service();
  const mailboxes = (await chosen(at, words)).filter(
    ({ state }) => words.length > 0 || state === 'active' || state === 'unreachable',
  );
  if (mailboxes.length === 0) throw new Failure('There is no active mailbox.');
  const watched = new Map<string, Watched>();
  for (const before of mailboxes) {
    const asked = await at.call<Mailbox>('POST', `/api/v1/mailboxes/${before.id}/sync`);
    watched.set(asked.id, { before, asked, now: asked, changedAt: performance.now(), over: false });
    if (values.wait !== true) terminal.result(asked, `${safe(asked.username)} is looked at now.`);
  }
  return values.wait === true ? await watch(given, at, watched) : EXIT.done;
}

/** Until each of them is done, or shows that it will not be. */
async function watch(
  { terminal, signal }: Given,
  at: Service,
  watched: Map<string, Watched>,
): Promise<number> {
  let code: number = EXIT.done;
  const judge = (one: Watched): void => {
    if (one.over || !isOver(one)) return;
    one.over = true;
    const problem = problemOf(one);
    if (problem) code = EXIT.failed;
    terminal.result(one.now, `${safe(one.now.username)}: ${problem ?? outcomeOf(one)}`);
  };
  const note = (mailbox: Mailbox): void => {
    const one = watched.get(mailbox.id);
    if (!one || one.over) return;
    if (JSON.stringify(one.now) !== JSON.stringify(mailbox)) {
      one.now = mailbox;
      one.changedAt = performance.now();
      if (terminal.json && !isOver(one)) terminal.result(mailbox);
    }
    judge(one);
    draw(terminal, watched);
  };
  const left = (): boolean => [...watched.values()].some(({ over }) => !over);
  const tick = setInterval(() => {
    for (const one of watched.values()) judge(one);
    if (!left()) done.abort();
  }, PAUSE_MS);
  const done = new AbortController();
  try {
    draw(terminal, watched);
    for (const mailbox of await listAll(at)) note(mailbox);
    while (left()) await follow(at, watched, note, AbortSignal.any([signal, done.signal]));
    signal.throwIfAborted();
    return code;
  } finally {
    clearInterval(tick);
    terminal.progress(null);
  }
}

/** Hears of changes by the event stream; what was missed while it was broken, a listing tells. */
async function follow(
  at: Service,
  watched: ReadonlyMap<string, Watched>,
  note: (mailbox: Mailbox) => void,
  signal: AbortSignal,
): Promise<void> {
  const events = at.events();
  const { promise: ended, resolve: end } = Promise.withResolvers<'ended'>();
  const stop = (): void => end('ended');
  signal.addEventListener('abort', stop, { once: true });
  try {
    for (;;) {
      const next = await Promise.race([events.next(), ended]);
      if (next === 'ended') return;
      if (next.done) break;
      const { name, data } = next.value;
      if (name === 'mailbox') noteEvent(data, watched, note);
      if ([...watched.values()].every(({ over }) => over)) return;
    }
  } catch (error) {
    if (signal.aborted || error instanceof Refusal) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    void events.return().catch(() => {});
  }
  await sleep(PAUSE_MS, undefined, { signal }).catch(() => {});
  if (!signal.aborted) for (const mailbox of await listAll(at)) note(mailbox);
}

function noteEvent(
  data: unknown,
  watched: ReadonlyMap<string, Watched>,
  note: (mailbox: Mailbox) => void,
): void {
  const mailbox = data as Mailbox | { readonly id: string; readonly deleted: true };
  if (!('deleted' in mailbox)) {
    note(mailbox);
    return;
  }
  const one = watched.get(mailbox.id);
  if (one && !one.over) throw new Failure(`${safe(one.now.username)} was deleted meanwhile.`);
}

/** The source has been listed and nothing waits; or the mailbox has a new time to be looked at; or nothing moves. */
function isOver({ before, asked, now, changedAt }: Watched): boolean {
  if (!['active', 'unreachable', 'probing'].includes(now.state)) return true;
  const listed = now.lastSyncAt !== before.lastSyncAt;
  const scheduled = now.nextSyncAt !== asked.nextSyncAt && now.nextSyncAt !== before.nextSyncAt;
  if (scheduled && (listed || now.fault !== null)) return true;
  if (!listed) return false;
  return now.progress.waiting === 0 || performance.now() - changedAt > STILL_MS;
}

function problemOf({ now }: Watched): string | null {
  if (now.fault) return safe(now.fault.message);
  return now.state === 'active' ? null : `it is ${now.state}.`;
}

function outcomeOf({ before, now }: Watched): string {
  const arrived = now.progress.delivered - before.progress.delivered;
  const waiting = now.progress.waiting;
  return `${count(arrived, 'message')} delivered${waiting > 0 ? `, ${waiting} waiting for another try` : ''}.`;
}

function draw(terminal: Given['terminal'], watched: ReadonlyMap<string, Watched>): void {
  const all = [...watched.values()];
  if (all.every(({ over }) => over)) {
    terminal.progress(null);
    return;
  }
  const settled = all.reduce((sum, one) => sum + settledOf(one.now) - settledOf(one.before), 0);
  const waiting = all.reduce((sum, { now }) => sum + now.progress.waiting, 0);
  const [only] = all;
  terminal.progress(
    all.length === 1 ? (only?.now.username ?? '') : count(all.length, 'mailbox', 'mailboxes'),
    settled,
    settled + waiting,
  );
}

const settledOf = ({ progress: { delivered, rejected, failed, uncertain } }: Mailbox): number =>
  delivered + rejected + failed + uncertain;

export const SYNC_COMMANDS: readonly Command[] = [
  {
    name: 'sync',
    takes: '[MAILBOX…] [--wait]',
    summary: 'look for mail now, in all active mailboxes if none is named',
    help: [
      'MAILBOX: its username, its id, or the beginning of its id.',
      '--wait  stay until all that can be imported now is, with a bar; exit code 1 when a mailbox has a fault',
    ],
    options: { wait: { type: 'boolean' } },
    words: [0, 100],
    run: sync,
  },
];

/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). One poll a second per
 * connected user, however many tabs: it needs no LISTEN, so a pooler in transaction mode may sit between. What
 * is sent is the difference to what the user's streams were told before.
 */
import type { Response } from 'express';
import type { UserId } from '../core/mailbox.ts';
import { listLiveKeys } from '../db/api-keys.ts';
import { listRecentAudit } from '../db/audit.ts';
import { listMailboxes } from '../db/mailboxes.ts';
import { countNotices } from '../db/notices.ts';
import { listLiveSessions } from '../db/sessions.ts';
import { auditView } from './audit.ts';
import { HttpError } from './errors.ts';
import { mailboxView } from './mailboxes.ts';
import type { Parts } from './parts.ts';
import type { Caller } from './session.ts';

export interface EventHub {
  /** Streams until the client leaves, the caller's session or key ends, or the hub closes. */
  connect(caller: Caller, res: Response): Promise<void>;
  close(): void;
}

interface Stream {
  readonly caller: Caller;
  readonly res: Response;
}

/** What is known of one user with at least one stream. */
interface Audience {
  readonly userId: UserId;
  readonly streams: Set<Stream>;
  /** Mailbox id → its JSON as sent last. */
  mailboxes: Map<string, string> | null;
  /** The notices' counts as JSON, as sent last. */
  notices: string;
  /** Audit ids sent within the overlap of two polls. */
  seen: Set<string>;
  timer: NodeJS.Timeout | null;
}

const POLL_MS = 1000;
const HEARTBEAT_MS = 20_000;
const STREAMS_PER_USER = 10;
/** A client that does not read must not fill our memory: it is cut off and will reconnect. */
const MAX_BACKLOG_BYTES = 1 << 20;

export function createEventHub(parts: Parts, count: (streams: number) => void): EventHub {
  const audiences = new Map<UserId, Audience>();
  let streams = 0;
  const heartbeat = setInterval(() => {
    for (const { streams } of audiences.values()) for (const stream of streams) send(stream, ':\n\n');
  }, HEARTBEAT_MS);

  const leave = (audience: Audience, stream: Stream) => {
    if (!audience.streams.delete(stream)) return;
    count(--streams);
    stream.res.end();
    if (audience.streams.size > 0) return;
    if (audience.timer) clearTimeout(audience.timer);
    audiences.delete(audience.userId);
  };

  const tick = async (audience: Audience): Promise<void> => {
    try {
      const ended = await poll(parts, audience);
      for (const stream of ended) leave(audience, stream);
    } catch (error) {
      parts.log.warn('events-poll-failed', { userId: audience.userId, error });
    }
    if (audiences.get(audience.userId) === audience)
      audience.timer = setTimeout(() => void tick(audience), POLL_MS);
  };

  return {
    connect: async (caller, res) => {
      const { userId } = caller;
      const audience = audiences.get(userId) ?? newAudience(userId);
      if (audience.streams.size >= STREAMS_PER_USER) throw new HttpError('rate-limited');
      const stream = { caller, res };
      audience.streams.add(stream);
      count(++streams);
      res.once('close', () => leave(audience, stream));
      res.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
      res.write('retry: 2000\n\n');
      for (const json of audience.mailboxes?.values() ?? []) send(stream, event('mailbox', json));
      if (audience.notices !== NO_NOTICES) send(stream, event('notice', audience.notices));
      if (audiences.get(userId) === audience) return;
      audiences.set(userId, audience);
      await tick(audience);
    },
    close: () => {
      clearInterval(heartbeat);
      for (const audience of [...audiences.values()])
        for (const stream of [...audience.streams]) leave(audience, stream);
    },
  };
}

/** What every client starts from. */
const NO_NOTICES = JSON.stringify({ unread: 0, open: 0, latest: null });

const newAudience = (userId: UserId): Audience => ({
  userId,
  streams: new Set(),
  mailboxes: null,
  notices: NO_NOTICES,
  seen: new Set(),
  timer: null,
});

/** Tells the audience what has changed; returns the streams whose session or key has ended. */
async function poll(parts: Parts, audience: Audience): Promise<Stream[]> {
  const [rows, entries, sessions, keys, counts] = await parts.database.withTenant(audience.userId, (tx) =>
    Promise.all([
      listMailboxes(tx),
      listRecentAudit(tx),
      listLiveSessions(tx),
      listLiveKeys(tx),
      countNotices(tx),
    ]),
  );
  const live = new Set([...sessions, ...keys].map(hex));
  const ended = [...audience.streams].filter(({ caller }) => !live.has(hex(caller.hash)));
  const mailboxes = new Map(rows.map((row) => [row.id as string, JSON.stringify(mailboxView(row))]));
  const before = audience.mailboxes;
  const messages = [...mailboxes]
    .filter(([id, json]) => before?.get(id) !== json)
    .map(([, json]) => event('mailbox', json));
  for (const id of before?.keys() ?? [])
    if (!mailboxes.has(id)) messages.push(event('mailbox', JSON.stringify({ id, deleted: true })));
  // Ids are drawn before commit, so an entry can turn up below one already sent: hence the overlap.
  if (before !== null)
    for (const entry of entries.toReversed())
      if (!audience.seen.has(entry.id)) messages.push(event('audit', JSON.stringify(auditView(entry))));
  const notices = JSON.stringify(counts);
  if (notices !== audience.notices) messages.push(event('notice', notices));
  audience.mailboxes = mailboxes;
  audience.notices = notices;
  audience.seen = new Set(entries.map(({ id }) => id));
  const text = messages.join('');
  if (text !== '') for (const stream of audience.streams) if (!ended.includes(stream)) send(stream, text);
  return ended;
}

const event = (name: string, json: string): string => `event: ${name}\ndata: ${json}\n\n`;

const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');

function send({ res }: Stream, text: string): void {
  if (res.writableLength > MAX_BACKLOG_BYTES) res.destroy();
  else res.write(text);
}

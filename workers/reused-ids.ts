/**
 * At the end of a visit: whether the maildrop has given ids that are settled to other messages. What has another size than
 * the one that is remembered is looked at, by its header block; what turns out to be another message is unsettled, and goes
 * the way of one that was renumbered: it is imported, unless it was imported under another id.
 */
import {
  type Claim,
  type DropTotal,
  type Finding,
  findingOf,
  isSameTotal,
  type Look,
  type SizeState,
  sampleOf,
  tired,
  totalOf,
  weigh,
} from '../src/core/claimed-sizes.ts';
import { type Pop3Cursor, reopenHashes, settleRefs } from '../src/core/cursor.ts';
import { isFault } from '../src/core/fault.ts';
import { keyOf, type MessageKey, type UidlHash } from '../src/core/message.ts';
import { HeaderBlock } from './header-block.ts';
import type { Visit } from './visit.ts';

/** `none`: nothing is to be done about it. `some` are pending now. `ended`: the session may have ended over it. */
export type Noticed = 'none' | 'some' | 'ended';

/**
 * Call it when nothing is left to be transferred now: what a look does to the session keeps no mail waiting. Faults of the
 * books go through.
 */
export async function noticeReused(visit: Visit): Promise<Noticed> {
  const { cursors, sizes: books, settled, deps, source } = visit;
  const known = cursors.get('INBOX');
  if (!source.maildrop || known?.protocol !== 'pop3') return 'none';
  const before = await books.state();
  const now = deps.clock.now();
  if (now < before.restUntil) return 'none';
  const cursor = settleRefs(known, [...settled.values()]) as Pop3Cursor;
  const seen = await look(visit, cursor, before.total);
  if (seen === 'as before') return 'none';
  if (seen === 'ended') {
    await books.note({ ...NOTHING, state: tired(before, now) });
    return 'ended';
  }
  const { claims, learnt, suspects, heads } = seen;
  const findings = await findingsOf(visit, heads, before);
  const { reused, believed, isDone, isDoubtful } = weigh(suspects, findings);
  const believes = new Set(believed.map(({ hash }) => hash));
  const state: SizeState = isDone
    ? { comparedAt: now, total: totalOf(claims), doubt: 0, restUntil: 0 }
    : { comparedAt: before.comparedAt, total: null, doubt: 0, restUntil: 0 };
  await books.note({
    reused: reused.map(({ uidl, hash }) => ({ hash, key: keyFor(uidl) })),
    sizes: new Map([...learnt, ...believed].map(({ hash, size }) => [hash, size])),
    identities: new Map(
      heads.flatMap(({ hash, identity }) => (identity && believes.has(hash) ? [[hash, identity]] : [])),
    ),
    state: isDoubtful ? tired({ ...state, doubt: before.doubt }, now) : state,
  });
  if (reused.length === 0) return 'none';
  reopen(visit, cursor, reused);
  return 'some';
}

const NOTHING = { reused: [], sizes: new Map(), identities: new Map() } as const;
const keyFor = (uidl: string): MessageKey => keyOf({ protocol: 'pop3', uidl });

interface Looked extends Changes {
  readonly claims: readonly Claim[];
  readonly heads: readonly Head[];
}

/** What ends the session ends the visit, which has done its work. */
async function look(
  visit: Visit,
  cursor: Pop3Cursor,
  total: DropTotal | null,
): Promise<Looked | 'as before' | 'ended'> {
  const { sizes: books, control, deps, lease } = visit;
  let atSource = true;
  try {
    const claims = await claimsUnless(visit, total);
    if (claims === null) return 'as before';
    atSource = false;
    const changes = changesOf(visit, cursor, claims, await books.sizes());
    atSource = true;
    return { ...changes, claims, heads: await readHeads(visit, sampleOf(changes.suspects)) };
  } catch (error) {
    if (!atSource || control.hard.aborted || !isFault(error)) throw error;
    deps.log.info('sizes not compared', { mailboxId: lease.mailboxId, code: error.code });
    return 'ended';
  }
}

/** LIST, unless STAT says that it is what it was. null: it is. Where STAT is not what LIST adds up to, LIST is asked each time. */
async function claimsUnless(
  { source: { maildrop }, control: { hard } }: Visit,
  total: DropTotal | null,
): Promise<readonly Claim[] | null> {
  if (!maildrop || (total && isSameTotal(await maildrop.total(hard), total))) return null;
  const claims = await maildrop.claims(hard);
  return isSameTotal(totalOf(claims), total) ? null : claims;
}

interface Changes {
  /** Of which no size was known. */
  readonly learnt: readonly Claim[];
  /** Those with another size than before, oldest first. */
  readonly suspects: readonly Claim[];
}

function changesOf(
  { open, waiting }: Visit,
  { settled }: Pop3Cursor,
  claims: readonly Claim[],
  sizes: ReadonlyMap<UidlHash, number>,
): Changes {
  const others = claims.filter(({ hash, size }) => settled.has(hash) && sizes.get(hash) !== size);
  // Its owner wants another try of one of these, or its outcome is not known.
  const isUnderWay = ({ uidl }: Claim): boolean => open.has(keyFor(uidl)) || waiting.has(keyFor(uidl));
  return {
    learnt: others.filter(({ hash }) => !sizes.has(hash)),
    suspects: others.filter((one) => sizes.has(one.hash) && !isUnderWay(one)),
  };
}

/** What a header block shows; nothing where the server does not show it. */
interface Head extends Look {
  readonly isShown: boolean;
  readonly receivedAt: number | null;
}

async function readHeads(
  { source: { maildrop }, control: { hard }, engine }: Visit,
  sample: readonly Claim[],
): Promise<readonly Head[]> {
  const heads: Head[] = [];
  if (!maildrop || sample.length === 0) return heads;
  const rest = sample.values();
  for await (const pieces of maildrop.headers(sample, hard)) {
    const hash = rest.next().value?.hash;
    if (hash === undefined) break;
    const header = new HeaderBlock();
    try {
      for await (const piece of pieces ?? []) {
        header.push(piece);
        piece.fill(0);
      }
      const { receivedAt } = header.facts();
      const identity = header.identity(engine.fingerprintKey);
      heads.push({ hash, isShown: pieces !== null, identity, receivedAt });
    } finally {
      header.destroy();
    }
  }
  return heads;
}

async function findingsOf(
  { sizes: books }: Visit,
  heads: readonly Head[],
  { comparedAt }: SizeState,
): Promise<ReadonlyMap<UidlHash, Finding>> {
  const resembling = heads.length === 0 ? [] : await books.compare(heads);
  const findings = new Map<UidlHash, Finding>();
  for (const [at, { hash, isShown, receivedAt }] of heads.entries()) {
    const resemblance = resembling[at];
    if (!isShown || !resemblance) findings.set(hash, 'unseen');
    else findings.set(hash, findingOf(resemblance, receivedAt, comparedAt));
  }
  return findings;
}

/** As the books have it now: from here on they are messages like those of a renumbered maildrop. */
function reopen(visit: Visit, cursor: Pop3Cursor, reused: readonly Claim[]): void {
  visit.renumbered.add('INBOX');
  for (const { uidl } of reused) visit.settled.delete(keyFor(uidl));
  visit.cursors.set('INBOX', reopenHashes(cursor, new Set(reused.map(({ hash }) => hash))));
  visit.pending.add(
    reused.map(({ uidl, size }) => ({
      ref: { protocol: 'pop3', uidl },
      key: keyFor(uidl),
      size,
      arrivedAt: null,
      backlog: true,
    })),
  );
}

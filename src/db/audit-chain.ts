/** The chain that each entry of a mailbox's audit log is a link of: migrations/0014_audit_chain.sql makes it. */
import type { MailboxId } from '../core/mailbox.ts';
import type { Tx } from './pool.ts';

/** `seq` 0 and the genesis: no entry yet. */
export interface ChainHead {
  readonly seq: number;
  /** Hexadecimal. */
  readonly hash: string;
  readonly at: Date | null;
}

export interface Chain {
  readonly mailboxId: MailboxId;
  readonly genesis: string;
  readonly head: ChainHead;
}

/** What is wrong at `seq`: an entry that does not follow from the one before it, or none where one has to be. */
export interface Break {
  readonly seq: number;
  readonly why: 'changed' | 'missing';
  /** The entry that is there; null when `missing`. */
  readonly entryId: string | null;
  readonly at: Date | null;
}

export interface Verified {
  readonly checked: number;
  /** The last entry looked at; what was asked to start after when there was none. */
  readonly to: number;
  readonly head: ChainHead;
  readonly broken: Break | null;
}

const CHAINS = `SELECT mailbox_id AS "mailboxId", encode(audit_genesis(mailbox_id), 'hex') AS genesis, seq,
  encode(hash, 'hex') AS hash, at FROM audit_chains WHERE user_id = current_tenant()`;

/** Of every mailbox of the tenant. */
export async function listChains(tx: Tx): Promise<Chain[]> {
  return (await tx.query<ChainRow>(`${CHAINS} ORDER BY mailbox_id`)).map(chainOf);
}

/** null: the tenant has no such mailbox. */
export async function findChain(tx: Tx, id: MailboxId): Promise<Chain | null> {
  const [row] = await tx.query<ChainRow>(`${CHAINS} AND mailbox_id = $1`, [id]);
  return row ? chainOf(row) : null;
}

type ChainRow = Omit<Chain, 'head'> & ChainHead;
const chainOf = ({ mailboxId, genesis, seq, hash, at }: ChainRow): Chain => ({
  mailboxId,
  genesis,
  head: { seq, hash, at },
});

/** Whether the chain has this hash at this place now; at 0 the genesis. */
export async function hasLink(tx: Tx, id: MailboxId, seq: number, hash: string): Promise<boolean> {
  const [row] = await tx.query<{ hash: string }>(
    `SELECT encode(CASE $2::bigint WHEN 0 THEN audit_genesis($1) ELSE (SELECT hash FROM audit_entries
       WHERE user_id = current_tenant() AND mailbox_id = $1 AND seq = $2) END, 'hex') AS hash`,
    [id, seq],
  );
  return row?.hash === hash;
}

/**
 * $1 mailbox, $2 after, $3 limit. `before` is what an entry has to follow: the entry before it as it is stored, which the
 * call before this one has looked at. The end of the entries must be the head, in the same snapshot. From the genesis on
 * nothing is left out, not even what somebody has numbered below 1.
 */
const VERIFY = `WITH head AS (
    SELECT COALESCE(c.seq, 0) AS seq, COALESCE(c.hash, audit_genesis(m.id)) AS hash, c.at, c.mailbox_id IS NULL AS lost
    FROM mailboxes m LEFT JOIN audit_chains c ON c.user_id = m.user_id AND c.mailbox_id = m.id
    WHERE m.user_id = current_tenant() AND m.id = $1
  ), start AS (
    SELECT CASE $2::bigint WHEN 0 THEN audit_genesis($1) ELSE (SELECT hash FROM audit_entries
      WHERE user_id = current_tenant() AND mailbox_id = $1 AND seq = $2) END AS hash
  ), page AS MATERIALIZED (
    SELECT * FROM audit_entries WHERE user_id = current_tenant() AND mailbox_id = $1
      AND seq > CASE $2::bigint WHEN 0 THEN -9223372036854775808 ELSE $2 END ORDER BY seq LIMIT $3
  ), links AS (
    SELECT p.*, lag(p.seq, 1, $2) OVER by_seq AS seq_before,
      COALESCE(lag(p.hash) OVER by_seq, (SELECT hash FROM start)) AS hash_before
    FROM page p WINDOW by_seq AS (ORDER BY p.seq)
  ), wrong AS (
    SELECT * FROM links l WHERE l.seq <> l.seq_before + 1 OR l.hash_before IS NULL OR l.hash IS DISTINCT FROM audit_hash(
      l.hash_before, l.seq, l.id, l.at, l.mailbox_id, l.status, l.reason, l.size_bytes, l.delay_ms, l.sender_domain)
    ORDER BY l.seq LIMIT 1
  ), found AS (
    SELECT count(*) AS checked, greatest(max(seq), $2) AS last FROM page
  )
  SELECT f.checked, f.last AS "to", h.seq, encode(h.hash, 'hex') AS hash, h.at, h.lost, w.id::text AS "wrongId",
    w.seq AS "wrongSeq", w.seq_before AS "wrongBefore", w.at AS "wrongAt",
    (SELECT hash FROM start) IS NULL AS "startMissing",
    COALESCE((SELECT hash FROM page WHERE seq = f.last), (SELECT hash FROM start)) IS DISTINCT FROM h.hash AS "endDiffers"
  FROM found f CROSS JOIN head h LEFT JOIN wrong w ON true`;

interface VerifyRow extends ChainHead {
  /** The end that the database keeps is not there. */
  readonly lost: boolean;
  readonly checked: number;
  readonly to: number;
  readonly wrongId: string | null;
  readonly wrongSeq: number | null;
  readonly wrongBefore: number | null;
  readonly wrongAt: Date | null;
  readonly startMissing: boolean;
  readonly endDiffers: boolean;
}

/**
 * Computes the hashes of at most `limit` entries behind `after` again, in the database. null: the tenant has no such
 * mailbox. All of a chain is right when every entry has been looked at and `to` has reached the head.
 */
export async function verifyLinks(
  tx: Tx,
  id: MailboxId,
  after: number,
  limit: number,
): Promise<Verified | null> {
  const [row] = await tx.query<VerifyRow>(VERIFY, [id, after, limit]);
  if (!row) return null;
  const { checked, to, seq, hash, at } = row;
  return { checked, to, head: { seq, hash, at }, broken: breakOf(row, after, checked < limit) };
}

function breakOf(row: VerifyRow, after: number, ended: boolean): Break | null {
  const missing = (seq: number): Break => ({ seq, why: 'missing', entryId: null, at: null });
  if (row.startMissing) return missing(after);
  if (row.wrongSeq !== null && row.wrongBefore !== null) {
    if (row.wrongSeq > row.wrongBefore + 1) return missing(row.wrongBefore + 1);
    return { seq: Math.max(0, row.wrongSeq), why: 'changed', entryId: row.wrongId, at: row.wrongAt };
  }
  if (!ended) return null;
  if (row.lost) return missing(row.to + 1);
  if (row.to < row.seq) return missing(row.to + 1);
  // Entries that follow from one another and yet end elsewhere than the head: somebody computed all of them again.
  if (row.to > row.seq || row.endDiffers) return { seq: row.to, why: 'changed', entryId: null, at: null };
  return null;
}

/** The sizes that LIST claimed for what is settled in a maildrop: src/core/claimed-sizes.ts says what they are for. */
import type { SizeBooks, SizeNotes, SizeState } from '../core/claimed-sizes.ts';
import { Fault } from '../core/fault.ts';
import type { UidlHash } from '../core/message.ts';
import type { LedgerLease } from './ledger.ts';
import type { Database, Statement, Tx } from './pool.ts';

/** $1 mailbox. */
const STATE: Statement = {
  name: 'sizes-state',
  text: `SELECT sizes_compared_at, listed_count, listed_octets, sizes_in_doubt,
      1000 * extract(epoch FROM greatest(sizes_rest_until, to_timestamp(0)))::double precision AS rest_until FROM folder_cursors
    WHERE mailbox_id = $1 AND folder = 'INBOX'`,
};

/** $1 mailbox. One row, as the hashes are loaded: one behind the other, both in the order in which the rows are read. */
const SIZES: Statement = {
  name: 'sizes-load',
  text: `SELECT encode(string_agg(hash, ''::bytea), 'hex') AS hashes, string_agg(int4send(size), ''::bytea) AS sizes FROM uidls
    WHERE mailbox_id = $1 AND settled AND size IS NOT NULL`,
};

/** $1 mailbox, $2 hashes, $3 the identities found under them; answers in their order. */
const COMPARE: Statement = {
  name: 'sizes-compare',
  text: `SELECT u.identity IS NOT NULL AS "hadIdentity", COALESCE(u.identity = i.identity, false) AS same,
      k.identity IS NOT NULL AS known
    FROM unnest($2::bytea[], $3::bytea[]) WITH ORDINALITY AS i (hash, identity, ord)
    LEFT JOIN uidls u ON u.mailbox_id = $1 AND u.hash = i.hash
    LEFT JOIN (SELECT DISTINCT identity FROM uidls WHERE mailbox_id = $1 AND identity = ANY ($3::bytea[])) k
      ON k.identity = i.identity
    ORDER BY i.ord`,
};

const FENCE = `fence AS (
      SELECT id FROM mailboxes WHERE id = $1 AND epoch = $2 AND leased_by = $3 AND user_id = $4 FOR NO KEY UPDATE)`;
/**
 * By the names of three parameters: hashes, their sizes and identities. Each row is looked up by itself: whoever plans this
 * as a join does not know how many rows one mailbox may have, and compares each with each.
 */
const learnt = (hashes: string, sizes: string, identities: string): string => `learnt AS (
      UPDATE uidls u SET size = i.size, identity = COALESCE(i.identity, u.identity)
      FROM fence, unnest(${hashes}::bytea[], ${sizes}::integer[], ${identities}::bytea[]) AS i (hash, size, identity),
        LATERAL (SELECT k.ctid FROM uidls k WHERE k.mailbox_id = fence.id AND k.hash = i.hash AND k.settled OFFSET 0) AS row
      WHERE u.ctid = row.ctid)`;
const HELD = 'SELECT count(*) AS held FROM fence';

/** $1 mailbox, $2 epoch, $3 worker, $4 user; $5 to $7 hashes, their sizes and identities. */
const LEARN: Statement = { name: 'sizes-learn', text: `WITH ${FENCE}, ${learnt('$5', '$6', '$7')} ${HELD}` };

/**
 * $1 mailbox, $2 epoch, $3 worker, $4 user; $5 and $6 hashes and keys of reused ids; $7 to $9 hashes, their sizes and
 * identities; $10 count, $11 octets, $12 doubt, $13 time of the comparison and $14 of the next one (ms). What was settled
 * before now is of a former generation, as after a renumbering: by it a message is recognised that only looked like another.
 * A row that waits for its owner is about a message that is away.
 */
const NOTE: Statement = {
  name: 'sizes-note',
  text: `WITH ${FENCE}, reused AS (
      UPDATE uidls u SET settled = false, skipped = false FROM fence WHERE u.mailbox_id = fence.id AND u.hash = ANY ($5::bytea[])
    ), ended AS (
      DELETE FROM transfers t USING fence WHERE t.mailbox_id = fence.id AND t.key = ANY ($6::text[])
        AND t.state IN ('rejected', 'failed', 'uncertain')
    ), counted AS (
      UPDATE passed_over p SET left_out_hashes = ARRAY(SELECT h FROM unnest(p.left_out_hashes) AS h WHERE h <> ALL ($5::bytea[]))
      FROM fence WHERE p.mailbox_id = fence.id AND cardinality($5::bytea[]) > 0 AND p.left_out_hashes && $5::bytea[]
    ), ${learnt('$7', '$8', '$9')}, noted AS (
      UPDATE folder_cursors c SET listed_count = $10::integer, listed_octets = $11::bigint, sizes_in_doubt = $12::smallint,
        sizes_compared_at = to_timestamp($13::double precision / 1000),
        sizes_rest_until = to_timestamp($14::double precision / 1000),
        generation = CASE WHEN cardinality($5::bytea[]) > 0
          THEN (SELECT 1 + max(g.generation) FROM folder_cursors g WHERE g.mailbox_id = $1) ELSE c.generation END
      FROM fence WHERE c.mailbox_id = fence.id AND c.folder = 'INBOX')
    ${HELD}`,
};

/** What one statement takes in: it must be done long before the database loses its patience. */
const PORTION = 20_000;

interface StateRow {
  readonly sizes_compared_at: Date | null;
  readonly listed_count: number | null;
  readonly listed_octets: number | null;
  readonly sizes_in_doubt: number;
  readonly rest_until: number;
}

/** For one run. Faults `lease-lost`, `database-unavailable`. */
export function createSizeBooks(db: Database, lease: LedgerLease): SizeBooks {
  const { userId, mailboxId, epoch, workerId } = lease;
  const inTenant = <T>(fn: (tx: Tx) => Promise<T>): Promise<T> => db.withTenant(userId, fn);
  return {
    state: () => inTenant(async (tx) => stateOf((await tx.query<StateRow>(STATE, [mailboxId]))[0])),
    sizes: () =>
      inTenant(async (tx) => {
        const [row] = await tx.query<{ hashes: string | null; sizes: Buffer | null }>(SIZES, [mailboxId]);
        return row?.hashes && row.sizes ? sizesOf(row.hashes, row.sizes) : new Map();
      }),
    compare: (looks) =>
      inTenant((tx) =>
        tx.query(COMPARE, [
          mailboxId,
          looks.map(({ hash }) => bytesOf(hash)),
          looks.map(({ identity }) => identity && Buffer.from(identity)),
        ]),
      ),
    note: async ({ reused, sizes, identities, state }) => {
      const fence = [mailboxId, String(epoch), workerId, userId];
      const write = (statement: Statement, ...values: readonly unknown[]): Promise<void> =>
        inTenant(async (tx) => {
          const rows = await tx.query<{ held: number }>(statement, [...fence, ...values]);
          if (rows[0]?.held !== 1) throw new Fault('lease-lost');
        });
      const all = [...sizes];
      while (all.length > PORTION) await write(LEARN, ...columnsOf(all.splice(0, PORTION), identities));
      const { total, doubt, comparedAt, restUntil } = state;
      await write(
        NOTE,
        reused.map(({ hash }) => bytesOf(hash)),
        reused.map(({ key }) => key),
        ...columnsOf(all, identities),
        total?.count ?? null,
        total?.octets ?? null,
        doubt,
        comparedAt,
        restUntil,
      );
    },
  };
}

const bytesOf = (hash: UidlHash): Buffer => Buffer.from(hash, 'hex');

const stateOf = (row: StateRow | undefined): SizeState => ({
  comparedAt: row?.sizes_compared_at?.getTime() ?? null,
  total:
    !row || row.listed_count === null || row.listed_octets === null
      ? null
      : { count: row.listed_count, octets: row.listed_octets },
  doubt: row?.sizes_in_doubt ?? 0,
  restUntil: row?.rest_until ?? 0,
});

const HASH_DIGITS = 32;
const SIZE_BYTES = 4;

function sizesOf(hashes: string, sizes: Buffer): ReadonlyMap<UidlHash, number> {
  const known = new Map<UidlHash, number>();
  for (let at = 0; at * SIZE_BYTES < sizes.length; at += 1) {
    const hash = hashes.slice(at * HASH_DIGITS, (at + 1) * HASH_DIGITS);
    known.set(hash as UidlHash, sizes.readInt32BE(at * SIZE_BYTES));
  }
  return known;
}

const columnsOf = (
  sizes: readonly (readonly [UidlHash, number])[],
  identities: SizeNotes['identities'],
): readonly unknown[] => [
  sizes.map(([hash]) => bytesOf(hash)),
  sizes.map(([, size]) => size),
  sizes.map(([hash]) => {
    const identity = identities.get(hash);
    return identity ? Buffer.from(identity) : null;
  }),
];

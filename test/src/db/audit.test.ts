/** Whatever the filter, a page of the audit log reads few more entries than it shows, however many there are. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { AUDIT_STATUSES } from '../../../src/core/audit.ts';
import { type AuditFilter, type AuditPlace, listAuditEntries } from '../../../src/db/audit.ts';
import type { Tx } from '../../../src/db/pool.ts';
import { openTestDatabase } from '../../database.ts';

const database = await openTestDatabase({ after });
const web = await database.open('web');
const owner = await database.addUser('owner');
const mailboxes = [await database.addMailbox(owner), await database.addMailbox(owner)] as const;
const LIMIT = 20;
/** Of 60,000: where a filter leaves few, reading all of those is as good. */
const ENOUGH = 1000;

// The second mailbox is one in a hundred, half of all mail is from one domain, one in 300 has failed.
await database.asOwner(
  `INSERT INTO audit_entries (user_id, mailbox_id, at, sender_domain, status, size_bytes)
   SELECT $1, CASE WHEN n % 100 = 0 THEN $3::uuid ELSE $2::uuid END, '2026-01-01Z'::timestamptz + n * interval '1 minute',
     CASE WHEN n % 2 = 0 THEN 'often.test' ELSE 'd' || n % 1000 || '.test' END,
     CASE WHEN n % 300 = 0 THEN 'failed' WHEN n % 500 = 1 THEN 'rejected' ELSE 'delivered' END, n
   FROM generate_series(1, 60000) n`,
  [owner, ...mailboxes],
);
await database.asOwner('ANALYZE');

interface Plan {
  readonly 'Node Type': string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly Plan[];
}

/** Entries that the plan has read, and the kinds of its scans. */
function readBy(plan: Plan): { rows: number; scans: string[] } {
  const below = (plan.Plans ?? []).map(readBy);
  const rows =
    ((plan['Actual Rows'] ?? 0) + (plan['Rows Removed by Filter'] ?? 0)) * (plan['Actual Loops'] ?? 1);
  const isScan = plan['Relation Name']?.startsWith('audit_entries') ?? false;
  return {
    rows: below.reduce((sum, each) => sum + each.rows, isScan ? rows : 0),
    scans: [...(isScan ? [plan['Node Type']] : []), ...below.flatMap(({ scans }) => scans)],
  };
}

/** Runs what is asked for under EXPLAIN. */
const explaining = (tx: Tx, plans: Plan[]): Tx => ({
  query: async (statement, values) => {
    const text = typeof statement === 'string' ? statement : statement.text;
    const [row] = await tx.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
      values,
    );
    if (row) plans.push(row['QUERY PLAN'][0].Plan);
    return [];
  },
});

function* filters(): Generator<AuditFilter> {
  for (const mailboxId of [null, ...mailboxes])
    for (const status of [null, ...AUDIT_STATUSES])
      for (const senderDomain of [null, 'often.test', 'd7.test', 'nobody.test'])
        for (const [from, to] of [
          [null, null],
          [new Date('2026-01-10'), new Date('2026-01-20')],
          [null, new Date('2026-01-02')],
        ] as const)
          yield { mailboxId, status, senderDomain, from, to };
}

test('every combination of filters, first page and a later one', async () => {
  let tried = 0;
  for (const filter of filters())
    for (const after of [null, '1767600000000000-5000' as AuditPlace]) {
      const plans: Plan[] = [];
      await web.withTenant(owner, (tx) =>
        listAuditEntries(explaining(tx, plans), filter, { after, limit: LIMIT }),
      );
      const [plan] = plans;
      assert.ok(plan);
      const { rows, scans } = readBy(plan);
      const what = JSON.stringify({ ...filter, after, scans });
      assert.ok(rows <= ENOUGH, `${rows} entries read: ${what}`);
      assert.ok(!scans.includes('Seq Scan'), what);
      tried += 1;
    }
  assert.equal(tried, 3 * 7 * 4 * 3 * 2);
});

test('pages of any filter hold what the filter says, each entry once', async () => {
  const all = await database.asOwner<{
    id: string;
    mailbox_id: string;
    status: string;
    sender_domain: string;
    at: Date;
  }>('SELECT id::text, mailbox_id, status, sender_domain, at FROM audit_entries ORDER BY at DESC, id DESC');
  for (const filter of filters()) {
    const expected = all
      .filter(
        (e) =>
          (filter.mailboxId === null || e.mailbox_id === filter.mailboxId) &&
          (filter.status === null || e.status === filter.status) &&
          (filter.senderDomain === null || e.sender_domain === filter.senderDomain) &&
          (filter.from === null || e.at >= filter.from) &&
          (filter.to === null || e.at < filter.to),
      )
      .slice(0, 3 * LIMIT)
      .map(({ id }) => id);
    const found: string[] = [];
    let after: AuditPlace | null = null;
    for (let page = 0; page < 3; page += 1) {
      const entries = await web.withTenant(owner, (tx) =>
        listAuditEntries(tx, filter, { after, limit: LIMIT }),
      );
      found.push(...entries.map(({ id }) => id));
      after = entries.at(-1)?.place ?? after;
    }
    assert.deepEqual(found.slice(0, expected.length), expected, JSON.stringify(filter));
  }
});

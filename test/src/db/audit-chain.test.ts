/** The chain of the audit log: what the database makes of each insert, and what is seen of each way to tamper. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, it } from 'node:test';
import type { MailboxId, UserId } from '../../../src/core/mailbox.ts';
import { listAuditEntries } from '../../../src/db/audit.ts';
import { findChain, hasLink, listChains, verifyLinks } from '../../../src/db/audit-chain.ts';
import { sqlState } from '../../../src/db/connection.ts';
import { openTestDatabase } from '../../database.ts';

const database = await openTestDatabase({ after });
const web = await database.open('web');
const worker = await database.open('worker');

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const ALL = { mailboxId: null, status: null, senderDomain: null, from: null, to: null };

const ADD = `INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, reason, size_bytes, delay_ms)
  SELECT $1, $2, 'd' || n || '.example', CASE n % 3 WHEN 0 THEN 'failed' ELSE 'delivered' END,
    CASE n % 3 WHEN 0 THEN 'source-timeout' END, n, CASE n % 2 WHEN 0 THEN n END FROM generate_series(1, $3::int) n`;

let users = 0;
async function chainOf(entries: number): Promise<{ userId: UserId; mailboxId: MailboxId }> {
  users += 1;
  const userId = await database.addUser(`chain-${users}`);
  const mailboxId = await database.addMailbox(userId);
  await worker.withTenant(userId, (tx) => tx.query(ADD, [userId, mailboxId, entries]));
  return { userId, mailboxId };
}

const verify = (userId: UserId, mailboxId: MailboxId, from = 0, limit = 1000) =>
  web.withTenant(userId, (tx) => verifyLinks(tx, mailboxId, from, limit));

it('chains each entry to the one before it, as the documentation says', async () => {
  const { userId, mailboxId } = await chainOf(7);
  await worker.withTenant(userId, (tx) => tx.query(ADD, [userId, mailboxId, 5]));
  const entries = await web.withTenant(userId, (tx) =>
    listAuditEntries(tx, ALL, { after: null, limit: 100, oldestFirst: true }),
  );
  const genesis = sha(`smtp-sync audit chain 1\n${mailboxId}`);
  let before = genesis;
  for (const [at, e] of entries.entries()) {
    assert.equal(e.seq, at + 1);
    const { id, status, reason, sizeBytes, delayMs, senderDomain } = e;
    const lines = [before, e.seq, id, e.at.toISOString(), mailboxId, status, reason ?? '', sizeBytes];
    before = sha([...lines, delayMs ?? '', senderDomain].join('\n'));
    assert.equal(e.hash, before);
  }
  const head = { seq: 12, hash: before, at: entries[11]?.at };
  assert.deepEqual(await web.withTenant(userId, (tx) => findChain(tx, mailboxId)), {
    mailboxId,
    genesis,
    head,
  });
  assert.deepEqual(await verify(userId, mailboxId), { checked: 12, to: 12, head, broken: null });
});

it('begins with the mailbox, and knows no other tenant’s', async () => {
  const { userId, mailboxId } = await chainOf(0);
  const stranger = await database.addUser('chain-stranger');
  const genesis = sha(`smtp-sync audit chain 1\n${mailboxId}`);
  const head = { seq: 0, hash: genesis, at: null };
  assert.deepEqual(await verify(userId, mailboxId), { checked: 0, to: 0, head, broken: null });
  assert.equal(await verify(stranger, mailboxId), null);
  await web.withTenant(stranger, async (tx) => {
    assert.deepEqual(await listChains(tx), []);
    assert.equal(await findChain(tx, mailboxId), null);
    assert.equal(await hasLink(tx, mailboxId, 1, genesis), false);
  });
});

it('chains two mailboxes apart within one statement, and writers at once after one another', async () => {
  const { userId, mailboxId } = await chainOf(0);
  const other = await database.addMailbox(userId, 'pop3');
  const mixed = `INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, size_bytes)
    SELECT $1, ($2::uuid[])[1 + n % 2], 'a.example', 'delivered', n FROM generate_series(1, 20) n`;
  const write = () => worker.withTenant(userId, (tx) => tx.query(mixed, [userId, [mailboxId, other]]));
  await write();
  await Promise.all(
    [mailboxId, other, mailboxId, other].map((id) =>
      worker.withTenant(userId, (tx) => tx.query(ADD, [userId, id, 30])),
    ),
  );
  for (const id of [mailboxId, other]) {
    const found = await verify(userId, id);
    assert.deepEqual([found?.checked, found?.head.seq, found?.broken], [70, 70, null]);
  }
});

it('is verified in stretches that see what one look sees', async () => {
  const { userId, mailboxId } = await chainOf(25);
  let at = 0;
  for (const expected of [10, 20, 25]) {
    const found = await verify(userId, mailboxId, at, 10);
    assert.ok(found);
    assert.deepEqual([found.to, found.broken], [expected, null]);
    at = found.to;
  }
  // The end exactly at the end of a stretch.
  assert.equal((await verify(userId, mailboxId, 15, 10))?.broken, null);
  assert.deepEqual(await verify(userId, mailboxId, 25, 10).then((found) => [found?.checked, found?.broken]), [
    0,
    null,
  ]);
});

const HASH_AGAIN = `UPDATE audit_entries e SET hash = audit_hash(b.hash, e.seq, e.id, e.at, e.mailbox_id, e.status, e.reason,
  e.size_bytes, e.delay_ms, e.sender_domain) FROM audit_entries b
  WHERE e.mailbox_id = $1 AND e.seq = 5 AND b.mailbox_id = $1 AND b.seq = 4`;
const SET = 'UPDATE audit_entries SET';
const HERE = 'WHERE mailbox_id = $1 AND seq = 5';
/** One entry more, which is then moved elsewhere, and the end as if there had been none. */
const FORGED = [
  `INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, size_bytes)
   SELECT user_id, id, 'forged.example', 'delivered', 1 FROM mailboxes WHERE id = $1`,
];
const LAST = 'WHERE mailbox_id = $1 AND seq = 11';
const HEAD_BACK = `UPDATE audit_chains c SET seq = e.seq, hash = e.hash, at = e.at FROM audit_entries e
  WHERE c.mailbox_id = $1 AND e.mailbox_id = $1 AND e.seq = 10`;
/** What somebody with the owner's rights does, and where it shows first. */
const TAMPERINGS: readonly [string, string[], number, 'changed' | 'missing'][] = [
  ['another sender', [`${SET} sender_domain = 'other.example' ${HERE}`], 5, 'changed'],
  ['another outcome', [`${SET} status = 'rejected' ${HERE}`], 5, 'changed'],
  ['another reason', [`${SET} reason = 'null-byte' ${HERE}`], 5, 'changed'],
  ['another size', [`${SET} size_bytes = 6 ${HERE}`], 5, 'changed'],
  ['another delay', [`${SET} delay_ms = COALESCE(delay_ms + 1, 0) ${HERE}`], 5, 'changed'],
  ['a millisecond later', [`${SET} at = at + interval '1 ms' ${HERE}`], 5, 'changed'],
  ['another id', [`${SET} id = id + 1000000 ${HERE}`], 5, 'changed'],
  ['a bit of the hash', [`${SET} hash = set_bit(hash, 3, 1 - get_bit(hash, 3)) ${HERE}`], 5, 'changed'],
  ['an entry and its hash', [`${SET} status = 'skipped' ${HERE}`, HASH_AGAIN], 6, 'changed'],
  ['a removed entry', [`DELETE FROM audit_entries ${HERE}`], 5, 'missing'],
  ['the removed first', ['DELETE FROM audit_entries WHERE mailbox_id = $1 AND seq = 1'], 1, 'missing'],
  ['the removed end', ['DELETE FROM audit_entries WHERE mailbox_id = $1 AND seq > 8'], 9, 'missing'],
  ['everything removed', ['DELETE FROM audit_entries WHERE mailbox_id = $1'], 1, 'missing'],
  [
    'two exchanged',
    [
      `${SET} seq = -1 ${HERE}`,
      `${SET} seq = 5 WHERE mailbox_id = $1 AND seq = 6`,
      `${SET} seq = 6 WHERE mailbox_id = $1 AND seq = -1`,
    ],
    5,
    'changed',
  ],
  [
    'a removed one, the others moved up',
    [
      `DELETE FROM audit_entries ${HERE}`,
      ...[6, 7, 8, 9, 10].map((n) => `${SET} seq = ${n - 1} WHERE mailbox_id = $1 AND seq = ${n}`),
    ],
    5,
    'changed',
  ],
  ['a moved head', ['UPDATE audit_chains SET seq = 9 WHERE mailbox_id = $1'], 10, 'changed'],
  ['another head', ["UPDATE audit_chains SET hash = sha256('x') WHERE mailbox_id = $1"], 10, 'changed'],
  ['an entry in front of the first', [...FORGED, `${SET} seq = 0 ${LAST}`, HEAD_BACK], 0, 'changed'],
  ['an entry far in front of it', [...FORGED, `${SET} seq = -7 ${LAST}`, HEAD_BACK], 0, 'changed'],
  ['a head that is gone', ['DELETE FROM audit_chains WHERE mailbox_id = $1'], 11, 'missing'],
];

for (const [name, statements, seq, why] of TAMPERINGS) {
  it(`shows ${name}`, async () => {
    const { userId, mailboxId } = await chainOf(10);
    for (const sql of statements) await database.asOwner(sql, [mailboxId]);
    for (const limit of [1000, 3, 1]) {
      let found = await verify(userId, mailboxId, 0, limit);
      while (found?.broken === null && found.checked === limit)
        found = await verify(userId, mailboxId, found.to, limit);
      assert.deepEqual([found?.broken?.seq, found?.broken?.why], [seq, why], `by ${limit}`);
    }
    // The next entry puts a head right that is behind its entries; nothing was done to these.
    if (name === 'a moved head') return;
    // There is no next one, then: an entry needs its chain.
    if (name === 'a head that is gone') return;
    // What comes later hides nothing of it.
    await worker.withTenant(userId, (tx) => tx.query(ADD, [userId, mailboxId, 5]));
    assert.ok((await verify(userId, mailboxId))?.broken);
  });
}

it('cannot tell that all of it was computed again; who kept a head can', async () => {
  const { userId, mailboxId } = await chainOf(10);
  const kept = await web.withTenant(userId, (tx) => findChain(tx, mailboxId));
  assert.ok(kept);
  await database.asOwner(`${SET} status = 'skipped' ${HERE}`, [mailboxId]);
  for (let seq = 5; seq <= 10; seq += 1)
    await database.asOwner(HASH_AGAIN.replace('= 5', `= ${seq}`).replace('= 4', `= ${seq - 1}`), [mailboxId]);
  await database.asOwner(
    `UPDATE audit_chains c SET hash = e.hash FROM audit_entries e
     WHERE c.mailbox_id = $1 AND e.mailbox_id = $1 AND e.seq = 10`,
    [mailboxId],
  );
  assert.equal((await verify(userId, mailboxId))?.broken, null);
  await web.withTenant(userId, async (tx) => {
    assert.equal(await hasLink(tx, mailboxId, kept.head.seq, kept.head.hash), false);
    assert.equal(await hasLink(tx, mailboxId, 0, kept.genesis), true);
    assert.equal(await hasLink(tx, mailboxId, 11, kept.head.hash), false);
  });
});

it('takes no word of the worker’s for it, and lets no role write the head', async () => {
  const { userId, mailboxId } = await chainOf(3);
  await worker.withTenant(userId, (tx) =>
    tx.query(
      `INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, size_bytes, seq, hash)
       VALUES ($1, $2, 'a.example', 'delivered', 1, 99, '\\x00')`,
      [userId, mailboxId],
    ),
  );
  const found = await verify(userId, mailboxId);
  assert.deepEqual([found?.to, found?.broken], [4, null]);
  for (const db of [web, worker])
    for (const sql of [
      'UPDATE audit_chains SET seq = 1',
      'DELETE FROM audit_chains',
      `INSERT INTO audit_chains (user_id, mailbox_id, hash) VALUES ('${userId}', '${mailboxId}', sha256('x'))`,
    ])
      await assert.rejects(
        db.withTenant(userId, (tx) => tx.query(sql)),
        (error) => sqlState(error) === '42501',
        sql,
      );
});

it('goes with its mailbox and leaves the others whole', async () => {
  const { userId, mailboxId } = await chainOf(5);
  const other = await database.addMailbox(userId, 'pop3');
  await worker.withTenant(userId, (tx) => tx.query(ADD, [userId, other, 5]));
  await database.asOwner('DELETE FROM mailboxes WHERE id = $1', [mailboxId]);
  assert.equal((await database.asOwner('SELECT FROM audit_chains WHERE user_id = $1', [userId])).length, 1);
  assert.deepEqual(await verify(userId, other).then((found) => [found?.to, found?.broken]), [5, null]);
});

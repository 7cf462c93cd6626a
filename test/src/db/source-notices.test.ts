/** Sources that do not do what they are asked for: one notice for each cause, while it lasts. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, it } from 'node:test';
import type { DisposalOutcome, SourceProblem } from '../../../src/core/disposal.ts';
import { keyOf } from '../../../src/core/message.ts';
import { createLedger } from '../../../src/db/ledger.ts';
import { claimMails, reconcileNotices } from '../../../src/db/notice-mails.ts';
import { listNotices, muteKinds } from '../../../src/db/notices.ts';
import { cancelSourceActions, createDisposals } from '../../../src/db/source-actions.ts';
import { imapRef, settlementOf } from '../../contract/ledger-samples.ts';
import { openTestDatabase } from '../../database.ts';

const database = await openTestDatabase({ after });
const web = await database.open('web');
const db = await database.open('worker');
const { signal } = new AbortController();
let users = 0;

async function stage() {
  users += 1;
  const userId = await database.addUser(`user${users}`);
  const mailboxId = await database.addMailbox(userId);
  const workerId = randomUUID();
  await database.asOwner(
    `UPDATE mailboxes SET leased_by = $2, epoch = 1, state = 'active', options = options || '{"afterImport":"delete"}'
     WHERE id = $1`,
    [mailboxId, workerId],
  );
  const lease = { userId, mailboxId, workerId, epoch: 1n };
  const disposals = createDisposals(db, lease);
  let uid = 0;
  return {
    userId,
    mailboxId,
    /** A portion that ended like this. */
    async portion(problem: SourceProblem | null, outcome?: DisposalOutcome): Promise<void> {
      uid += 1;
      const settlement = { ...settlementOf(imapRef(uid)), fingerprint: new Uint8Array(16).fill(3) };
      await createLedger(db, lease).settle(settlement);
      await disposals.settle(new Map(outcome ? [[keyOf(imapRef(uid)), outcome]] : []), problem);
    },
    pass: (time: string) =>
      database.asOwner(
        `UPDATE source_totals SET trouble_since = trouble_since - $2::interval, trouble_at = trouble_at - $2::interval
         WHERE mailbox_id = $1`,
        [mailboxId, time],
      ),
    async notices(): Promise<string[]> {
      await reconcileNotices(db, 60, signal);
      const rows = await web.withTenant(userId, (tx) => listNotices(tx, 100, null));
      return rows.map(({ kind, detail, closedAt }) => {
        assert.equal(kind, 'source-unchanged');
        return `${'problem' in detail && detail.problem} ${closedAt === null ? 'open' : 'closed'}`;
      });
    },
  };
}

it('tells once of what stands in the way, a quarter of an hour after it was met, until it is done', async () => {
  const one = await stage();
  await one.portion('target-missing');
  assert.deepEqual(await one.notices(), [], 'who has just chosen it sees it');
  await one.pass('16 minutes');
  await one.portion('target-missing');
  assert.deepEqual(await one.notices(), ['target-missing open']);
  await one.portion('target-missing');
  // Another portion, of which nothing tells that it can be done.
  await one.portion(null, 'gone');
  assert.deepEqual(await one.notices(), ['target-missing open']);
  await one.portion(null, 'done');
  assert.deepEqual(await one.notices(), ['target-missing closed']);
});

it('tells of another cause anew, and mails no more than once a day', async () => {
  const one = await stage();
  await one.portion('no-single-removal');
  await one.pass('1 hour');
  assert.deepEqual(await one.notices(), ['no-single-removal open']);
  const [mail] = (await claimMails(db, 1000)).filter(({ userId }) => userId === one.userId);
  assert.deepEqual(mail?.items[0]?.detail, { problem: 'no-single-removal' });
  await database.asOwner('UPDATE notices SET mailed_at = now(), mail_due_at = NULL WHERE user_id = $1', [
    one.userId,
  ]);
  await one.portion('source-read-only');
  await one.pass('1 hour');
  assert.deepEqual(await one.notices(), ['source-read-only open', 'no-single-removal closed']);
  assert.deepEqual(
    (await claimMails(db, 1000)).filter(({ userId }) => userId === one.userId),
    [],
  );
});

it('tells of a folder that is locked although others are not, and of messages that were given up', async () => {
  for (const [problem, outcome, cause] of [
    ['source-read-only', undefined, 'source-read-only'],
    [null, 'refused', 'refused'],
  ] as const) {
    const one = await stage();
    await one.portion(problem, outcome);
    await one.pass('1 hour');
    await one.portion(null, 'done');
    assert.deepEqual(await one.notices(), [`${cause} open`]);
    await one.pass('47 hours');
    assert.deepEqual(await one.notices(), [`${cause} closed`], 'not met for two days');
  }
});

it('tells of connections that are cut only when that goes on for a day', async () => {
  const one = await stage();
  await one.portion('source-trouble');
  await one.pass('20 hours');
  assert.deepEqual(await one.notices(), []);
  await one.portion('source-trouble');
  await one.pass('5 hours');
  assert.deepEqual(await one.notices(), ['source-trouble open']);
  const two = await stage();
  await two.portion('source-trouble');
  await two.portion(null, 'done');
  await two.pass('25 hours');
  assert.deepEqual(await two.notices(), []);
});

it('ends when its owner chooses otherwise', async () => {
  const one = await stage();
  await one.portion('target-missing');
  await one.pass('1 hour');
  assert.deepEqual(await one.notices(), ['target-missing open']);
  await web.withTenant(one.userId, (tx) => cancelSourceActions(tx, one.mailboxId));
  assert.deepEqual(await one.notices(), ['target-missing closed']);
  const two = await stage();
  await two.portion('target-missing');
  await two.pass('1 hour');
  await database.asOwner(
    'UPDATE mailboxes SET options = options || \'{"afterImport":"keep"}\' WHERE id = $1',
    [two.mailboxId],
  );
  assert.deepEqual(await two.notices(), []);
});

it('stays in the dashboard alone for who does not want it by mail', async () => {
  const one = await stage();
  await web.withTenant(one.userId, (tx) => muteKinds(tx, one.userId, ['source-unchanged']));
  await one.portion('target-missing');
  await one.pass('1 hour');
  assert.deepEqual(await one.notices(), ['target-missing open']);
  assert.deepEqual(
    (await claimMails(db, 1000)).filter(({ userId }) => userId === one.userId),
    [],
  );
});

/** What happens at the source: chosen, tried dry and looked at over HTTP. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import * as test from 'node:test';
import { DISPOSAL_OUTCOMES } from '../../../src/core/disposal.ts';
import type { MailboxId, UserId } from '../../../src/core/mailbox.ts';
import { createLedger } from '../../../src/db/ledger.ts';
import { createDisposals } from '../../../src/db/source-actions.ts';
import {
  auditDetailSchema,
  type Mailbox,
  type MailboxStats,
  mailboxStatsSchema,
  previewAnswerSchema,
} from '../../../src/http/api.ts';
import type { Browser } from '../../browser.ts';
import { imapCursor, imapRef, settlementOf } from '../../contract/ledger-samples.ts';
import { sessionFor } from '../../http.ts';
import { create, DRAFT, openWizardStage, post, untilProbed } from '../../wizard-stage.ts';

const { web, play } = await openWizardStage(test);
const worker = await web.test.open('worker');

test.beforeEach(() => {
  delete play.amount;
  delete play.problem;
  delete play.left;
});

/** A mailbox that runs, and the worker that holds it. */
async function running(name: string) {
  const { browser } = await sessionFor(web, name);
  const { id } = await create(browser, { ...DRAFT, username: name });
  await untilProbed(browser, id);
  const workerId = randomUUID();
  const [row] = await web.test.asOwner<{ user_id: UserId }>(
    "UPDATE mailboxes SET state = 'active', draft = false, leased_by = $2, epoch = 1 WHERE id = $1 RETURNING user_id",
    [id, workerId],
  );
  assert.ok(row);
  const lease = { userId: row.user_id, mailboxId: id as MailboxId, epoch: 1n, workerId };
  return { browser, id, ledger: createLedger(worker, lease), disposals: createDisposals(worker, lease) };
}

const delivered = (uid: number) => ({
  ...settlementOf(imapRef(uid)),
  fingerprint: new Uint8Array(16).fill(3),
});
const choose = (browser: Browser, id: string, options: object) =>
  browser.json<Mailbox>('PATCH', `/api/v1/mailboxes/${id}`, 200, { body: { options } });
const atSource = async (browser: Browser, id: string): Promise<MailboxStats['atSource']> =>
  mailboxStatsSchema.parse(await browser.json('GET', `/api/v1/mailboxes/${id}/stats`, 200)).atSource;
const NOTHING = {
  deleted: 0,
  moved: 0,
  markedRead: 0,
  gone: 0,
  left: { changed: 0, renumbered: 0, refused: 0 },
  waiting: 0,
  problem: null,
};

test.test('days belong to deleting and a folder to moving, and go with them', async () => {
  const { browser, id } = await running('merge');
  const first = await choose(browser, id, { afterImport: 'delete', deleteAfterDays: 30 });
  assert.deepEqual([first.options.afterImport, first.options.deleteAfterDays], ['delete', 30]);
  const moved = await choose(browser, id, { afterImport: 'move', moveTo: 'Old mail/Imported' });
  assert.deepEqual([moved.options.deleteAfterDays, moved.options.moveTo], [null, 'Old mail/Imported']);
  const kept = await choose(browser, id, { afterImport: 'keep' });
  assert.deepEqual([kept.options.deleteAfterDays, kept.options.moveTo], [null, null]);
});

test.test('shows what was done at the source, what waits for it and what is in the way', async () => {
  const { browser, id, ledger, disposals } = await running('shown');
  assert.deepEqual(await atSource(browser, id), NOTHING);
  await choose(browser, id, { afterImport: 'delete', deleteAfterDays: 1 });
  await ledger.observe(imapCursor([]), 0, false);
  for (const uid of [1, 2, 3]) await ledger.settle(delivered(uid));
  assert.deepEqual(await atSource(browser, id), { ...NOTHING, waiting: 3 });
  const [one, two] = [delivered(1).key, delivered(2).key];
  await disposals.settle(
    new Map([
      [one, 'done'],
      [two, 'changed'],
    ]),
    'no-single-removal',
  );
  const shown = await atSource(browser, id);
  assert.deepEqual(shown, {
    ...NOTHING,
    deleted: 1,
    left: { changed: 1, renumbered: 0, refused: 0 },
    waiting: 1,
    problem: shown.problem,
  });
  assert.equal(shown.problem?.code, 'no-single-removal');
  assert.match(shown.problem?.message ?? '', /cannot remove single messages/);
});

test.test(
  'each message’s entry tells what became of it at the source, and the export tells of all',
  async () => {
    const { browser, id, ledger, disposals } = await running('told');
    const { id: userId } = await browser.json<{ id: UserId }>('GET', '/api/v1/account', 200);
    await ledger.observe(imapCursor([]), 0, false);
    await ledger.settle(delivered(9));
    await choose(browser, id, { afterImport: 'delete', deleteAfterDays: 3 });
    const outcomes = DISPOSAL_OUTCOMES.map((outcome, at) => [delivered(at + 1).key, outcome] as const);
    for (let uid = 1; uid <= outcomes.length + 1; uid += 1) await ledger.settle(delivered(uid));
    await ledger.settle({ ...delivered(8), status: 'skipped', reason: 'in-another-folder' });
    const page = await browser.json<{ entries: { id: string; at: string }[] }>('GET', '/api/v1/audit', 200);
    const entries = page.entries.toReversed();
    assert.ok(entries.every((entry) => Object.keys(entry).length === 8));
    const read = async (at: number) =>
      auditDetailSchema.parse(await browser.json('GET', `/api/v1/audit/${entries[at]?.id}`, 200));
    const first = await read(1);
    const dueAt = new Date(Date.parse(first.at) + 3 * 86_400_000).toISOString();
    assert.deepEqual(
      { ...first.atSource, dueAt: first.atSource?.dueAt?.slice(0, 13) },
      { action: 'delete', outcome: 'waiting', at: null, dueAt: dueAt.slice(0, 13) },
    );
    assert.match(first.hash, /^[0-9a-f]{64}$/);
    await disposals.settle(new Map(outcomes), null);
    for (const [at, [, outcome]] of outcomes.entries()) {
      const { atSource } = await read(at + 1);
      assert.deepEqual(
        { ...atSource, at: typeof atSource?.at },
        { action: 'delete', outcome, at: 'string', dueAt: null },
      );
    }
    assert.equal((await read(0)).atSource, null, 'from before it was chosen');
    assert.equal((await read(entries.length - 1)).atSource, null, 'skipped');

    const all = JSON.parse(await (await browser.send('GET', '/api/v1/account/export')).text()) as {
      atSource: { entryId: string; outcome: string }[];
      audit: { id: string }[];
    };
    assert.deepEqual(
      all.atSource.map(({ entryId, outcome }) => [entryId, outcome]),
      [...DISPOSAL_OUTCOMES, 'waiting'].map((outcome, at) => [entries[at + 1]?.id, outcome]),
    );
    assert.equal(all.audit.length, entries.length);
    await choose(browser, id, { afterImport: 'keep' });
    assert.equal((await read(outcomes.length + 1)).atSource, null, 'cancelled');

    const stranger = await sessionFor(web, 'stranger');
    for (const entry of [entries[1]?.id, '1', '999999999', '0', 'x'])
      assert.equal((await stranger.browser.send('GET', `/api/v1/audit/${entry}`)).status, 404);
    const theirs = await stranger.browser.send('GET', '/api/v1/account/export');
    assert.deepEqual(((await theirs.json()) as { atSource: unknown[] }).atSource, []);
    assert.equal((await browser.send('DELETE', `/api/v1/mailboxes/${id}`)).status, 204);
    assert.deepEqual(await web.test.asOwner('SELECT FROM source_outcomes WHERE user_id = $1', [userId]), []);
  },
);

test.test('what is in its entry at the source comes in pages, each once', async () => {
  const { browser, id, ledger, disposals } = await running('many');
  await choose(browser, id, { afterImport: 'delete' });
  await ledger.observe(imapCursor([]), 0, false);
  const all = Array.from({ length: 2_050 }, (_, at) => delivered(at + 1));
  await Promise.all(all.map((settlement) => ledger.settle(settlement)));
  await disposals.settle(new Map(all.slice(0, 1_010).map(({ key }) => [key, 'done'])), null);
  const { atSource } = JSON.parse(await (await browser.send('GET', '/api/v1/account/export')).text()) as {
    atSource: { entryId: string; outcome: string }[];
  };
  assert.equal(new Set(atSource.map(({ entryId }) => entryId)).size, 2_050);
  assert.equal(atSource.filter(({ outcome }) => outcome === 'waiting').length, 1_040);
});

test.test('what waits is void as soon as its owner chooses otherwise', async () => {
  const { browser, id, ledger, disposals } = await running('void');
  await choose(browser, id, { afterImport: 'delete' });
  await ledger.settle(delivered(1));
  await choose(browser, id, { skipInbox: true, deleteAfterDays: null });
  assert.equal((await disposals.due(9)).length, 1, 'another option changes nothing about it');
  await choose(browser, id, { afterImport: 'keep' });
  await choose(browser, id, { afterImport: 'delete' });
  assert.deepEqual(await disposals.due(9), []);
});

test.test('a dry run tells in numbers what would happen, before it starts and while it runs', async () => {
  const { browser } = await sessionFor(web, 'dry');
  const { id } = await create(browser, { ...DRAFT, username: 'dry' });
  await untilProbed(browser, id);
  const ask = async (at: string, body: object) =>
    previewAnswerSchema.parse(
      await browser.json('POST', `/api/v1/mailboxes/${at}/preview`, 200, {
        body: { history: 'all', folders: ['INBOX'], ...body },
      }),
    ).atSource;
  play.amount = { messages: 70, bytes: 1000, exact: true };
  const none = { waiting: 0, due: 0, problem: null };
  assert.equal(await ask(id, {}), null);
  assert.deepEqual(await ask(id, { afterImport: 'delete' }), { ...none, atOnce: 70, later: 0 });
  assert.deepEqual(await ask(id, { afterImport: 'delete', deleteAfterDays: 7 }), {
    ...none,
    atOnce: 0,
    later: 70,
  });
  play.problem = 'target-missing';
  const lacking = await ask(id, { afterImport: 'move', moveTo: 'Nowhere' });
  assert.equal(lacking?.problem?.code, 'target-missing');
  delete play.problem;
});

test.test('a dry run of a mailbox that runs counts what is left, and what waits already', async () => {
  const { browser, id, ledger } = await running('dry-running');
  await choose(browser, id, { afterImport: 'delete', deleteAfterDays: 30 });
  await ledger.observe(imapCursor([[1, 9]]), 0, false);
  for (const uid of [20, 21, 22]) await ledger.settle(delivered(uid));
  await web.test.asOwner(
    "UPDATE source_actions SET delivered_at = now() - interval '8 days' WHERE mailbox_id = $1 AND key LIKE '%:20:%'",
    [id],
  );
  const ask = async (body: object) =>
    previewAnswerSchema.parse(
      await browser.json('POST', `/api/v1/mailboxes/${id}/preview`, 200, {
        body: { history: 'new', folders: ['INBOX'], ...body },
      }),
    ).atSource;
  play.amount = { messages: 0, bytes: 0, exact: true };
  play.left = 4;
  assert.deepEqual(await ask({ afterImport: 'delete', deleteAfterDays: 7 }), {
    atOnce: 0,
    later: 4,
    waiting: 3,
    due: 1,
    problem: null,
  });
  // What waits to be deleted does not wait to be moved.
  assert.deepEqual(await ask({ afterImport: 'move', moveTo: 'Done' }), {
    atOnce: 4,
    later: 0,
    waiting: 0,
    due: 0,
    problem: null,
  });
  const [row] = await web.test.asOwner(
    'SELECT count(*)::int AS n FROM source_actions WHERE mailbox_id = $1',
    [id],
  );
  assert.deepEqual(row, { n: 3 }, 'nothing was changed by asking');
});

test.test('is nobody else’s business', async () => {
  const { id } = await running('theirs');
  const { browser } = await sessionFor(web, 'curious');
  const body = { history: 'all', folders: 'all', afterImport: 'delete' };
  assert.equal((await post(browser, `/api/v1/mailboxes/${id}/preview`, body)).status, 404);
  assert.equal((await browser.send('GET', `/api/v1/mailboxes/${id}/stats`)).status, 404);
});

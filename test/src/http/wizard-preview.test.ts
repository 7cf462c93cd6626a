/** How much a choice would import, asked over HTTP and counted by a worker. */
import assert from 'node:assert/strict';
import * as test from 'node:test';
import { Fault } from '../../../src/core/fault.ts';
import { previewAnswerSchema } from '../../../src/http/api.ts';
import { sessionFor } from '../../http.ts';
import { create, DRAFT, FOLDER, openWizardStage, post, untilProbed } from '../../wizard-stage.ts';

const { web, play, logged } = await openWizardStage(test);

test.beforeEach(() => {
  delete play.told;
  delete play.amount;
  play.measured.length = 0;
});

test.test('counts what a choice would import, and tells how long Gmail makes it take', async () => {
  const { browser } = await sessionFor(web, 'preview');
  const { id } = await create(browser, { ...DRAFT, username: 'preview' });
  await untilProbed(browser, id);
  const ask = async (body: object) =>
    previewAnswerSchema.parse(await browser.json('POST', `/api/v1/mailboxes/${id}/preview`, 200, { body }));
  play.amount = { messages: 24_001, bytes: 2_000_000_001, exact: true };
  assert.deepEqual(await ask({ history: 'all', folders: ['INBOX', FOLDER] }), {
    ...play.amount,
    days: 6,
    minutes: 101,
    atSource: null,
  });
  assert.deepEqual(play.measured, [{ chosen: ['INBOX', FOLDER], history: { kind: 'all' } }]);
  play.amount = { messages: 10, bytes: null, exact: false };
  const since = await ask({ history: 'since', since: '2026-02-01', folders: 'all' });
  assert.deepEqual(since, { messages: 10, bytes: null, exact: false, days: 1, minutes: 1, atSource: null });
  assert.deepEqual(play.measured[1]?.history, { kind: 'since', from: Date.UTC(2026, 1, 1) });
  // Nobody is asked about mail that has not come yet.
  assert.deepEqual(await ask({ history: 'new', folders: 'all' }), {
    messages: 0,
    bytes: 0,
    exact: true,
    days: 0,
    minutes: 0,
    atSource: null,
  });
  assert.equal(play.measured.length, 2);

  delete play.amount;
  const failed = await post(browser, `/api/v1/mailboxes/${id}/preview`, { history: 'all', folders: 'all' });
  assert.deepEqual(
    [failed.status, await failed.json()],
    [503, { error: { code: 'count-failed', message: new Fault('folder-missing').message } }],
  );
  assert.deepEqual(await web.test.asOwner('SELECT FROM previews'), []);
  assert.deepEqual(await web.test.asOwner("SELECT FROM pgboss.job WHERE data::text LIKE '%canary%'"), []);
  assert.ok(!`${web.logged()}${logged()}`.includes('canary'), 'folder names are logged nowhere');
});

test.test('refuses what makes no sense, and everything about others’ mailboxes', async () => {
  const { browser } = await sessionFor(web, 'mine');
  const { id } = await create(browser, { ...DRAFT, username: 'mine', protocol: 'pop3', port: 995 });
  await untilProbed(browser, id);
  const refused = [
    { history: 'since', folders: 'all' },
    { history: 'all', since: '2026-01-01', folders: 'all' },
    { history: 'all', folders: [] },
    { history: 'all', folders: ['Sent'] },
    { history: 'all', folders: 'all', x: 1 },
    { folders: 'all' },
    { history: 'all', folders: 'all', afterImport: 'move', moveTo: 'Done' },
    { history: 'all', folders: 'all', afterImport: 'mark-read' },
    { history: 'all', folders: 'all', deleteAfterDays: 3 },
    { history: 'all', folders: 'all', afterImport: 'delete', deleteAfterDays: 4000 },
  ];
  for (const body of refused)
    assert.equal((await post(browser, `/api/v1/mailboxes/${id}/preview`, body)).status, 400);
  const other = (await sessionFor(web, 'theirs')).browser;
  const all = { history: 'all', folders: 'all' };
  assert.equal((await post(other, `/api/v1/mailboxes/${id}/preview`, all)).status, 404);
  assert.equal((await other.send('GET', `/api/v1/mailboxes/${id}/probe`)).status, 404);
  // While its test runs, a mailbox has other things to do.
  const held = Promise.withResolvers<void>();
  play.told = () => held.promise;
  await browser.json('POST', `/api/v1/mailboxes/${id}/sync`, 200);
  assert.equal((await post(browser, `/api/v1/mailboxes/${id}/preview`, all)).status, 409);
  held.resolve();
  await untilProbed(browser, id);
});

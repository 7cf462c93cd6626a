/** Webhooks from the change in the database to the program that is told: signed, tried again, replayed. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as test from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { bodyOf, MAX_TRIES, pauseAfter } from '../../../src/core/webhook.ts';
import { sweepExpired } from '../../../src/db/sweep.ts';
import type { WebhookDelivery } from '../../../src/http/api.ts';
import { logOf, ping, startWebhookStage } from '../../webhook-stage.ts';

const stage = await startWebhookStage(test);
const { web, db, receiver, ownerOf, work, told, setMailbox } = stage;
test.beforeEach(() => receiver.received.splice(0));
test.afterEach(() => web.test.asOwner('DELETE FROM users'));

const dueNow = () =>
  web.test.asOwner('UPDATE webhook_deliveries SET next_try_at = now() WHERE next_try_at IS NOT NULL');

/** The example of docs/webhooks.md, as it stands there. */
const isGenuine: (header: string, body: string, secret: string) => boolean = await (async () => {
  const docs = readFileSync(new URL('../../../docs/webhooks.md', import.meta.url), 'utf8');
  const [, code = ''] = /```js\n(.*?)```/s.exec(docs) ?? [];
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)).isGenuine;
})();

test.test('a change of state and a fault are told as they were, with nothing but metadata', async () => {
  const { mailboxId, browser, hook } = await ownerOf('state', ['mailbox.state', 'mailbox.fault']);
  await setMailbox(mailboxId, "state = 'unreachable', fault_code = 'connect-timeout'");
  await setMailbox(mailboxId, "username = 'somebody-else', fault_code = 'connect-timeout'");
  await setMailbox(mailboxId, "state = 'active', fault_code = NULL");
  await work();
  const mailbox = { id: mailboxId, protocol: 'imap', host: 'mail.example.com' };
  const all = told('state').map(({ event, data, version }) => ({ event, version, ...data }));
  assert.equal(all.length, 4);
  const expected = [
    {
      event: 'mailbox.state',
      version: 1,
      mailbox,
      from: 'active',
      to: 'unreachable',
      fault: 'connect-timeout',
    },
    { event: 'mailbox.fault', version: 1, mailbox, from: null, to: 'connect-timeout', state: 'unreachable' },
    { event: 'mailbox.state', version: 1, mailbox, from: 'unreachable', to: 'active', fault: null },
    { event: 'mailbox.fault', version: 1, mailbox, from: 'connect-timeout', to: null, state: 'active' },
  ];
  for (const one of expected)
    assert.ok(
      all.some((other) => isDeepStrictEqual(other, one)),
      JSON.stringify(one),
    );
  const log = await logOf(browser, hook.id);
  assert.deepEqual(new Set(log.map(({ state, status }) => `${state} ${status}`)), new Set(['delivered 200']));
  assert.deepEqual(new Set(log.map(({ id }) => id)), new Set(told('state').map(({ id }) => id)));
});

test.test('who wants one event gets no other, and a change that is taken back tells nobody', async () => {
  const { mailboxId } = await ownerOf('choosy', ['mailbox.fault']);
  await setMailbox(mailboxId, "state = 'paused'");
  const undone = web.test.asOwner(
    `DO $$ BEGIN UPDATE mailboxes SET fault_code = 'login-refused' WHERE id = '${mailboxId}'; RAISE 'undone'; END $$`,
  );
  await assert.rejects(undone, /undone/);
  await work();
  assert.deepEqual(told('choosy'), []);
});

test.test('the signature proves body, time and secret; the documented example checks it', async () => {
  const { browser, hook } = await ownerOf('signed', ['mailbox.state']);
  assert.match(hook.secret, /^whsec_[\w-]{43}$/);
  const { id } = await ping(browser, hook.id);
  await work();
  const [got] = receiver.received;
  assert.ok(got);
  const header = String(got.headers['smtp-sync-signature']);
  assert.equal(got.headers['smtp-sync-event-id'], id);
  assert.equal(got.headers['smtp-sync-event'], 'ping');
  assert.ok(isGenuine(header, got.body, hook.secret));
  assert.ok(!isGenuine(header, `${got.body} `, hook.secret), 'another body');
  assert.ok(!isGenuine(header, got.body, `${hook.secret}x`), 'another secret');
  const t = Number(/^t=(\d+)/.exec(header)?.[1]);
  assert.ok(!isGenuine(header.replace(`t=${t}`, `t=${t + 1}`), got.body, hook.secret), 'another time');
  const old = header.replace(`t=${t}`, `t=${t - 301}`);
  assert.ok(!isGenuine(old, got.body, hook.secret), 'an old one');
  for (const none of [undefined, '', 't=', `t=${t}`, `t=${t},v1=`, 'v1=00'])
    assert.ok(!isGenuine(none as string, got.body, hook.secret), String(none));
});

test.test(
  'a secret is replaced, the former one signs for as long as was said, and none is shown again',
  async () => {
    const { browser, hook } = await ownerOf('rotated', ['mailbox.state']);
    const rotate = async (body: object) =>
      (
        await browser.json<{ secret: string }>('POST', `/api/v1/webhooks/${hook.id}/rotate-secret`, 200, {
          body,
        })
      ).secret;
    const signedBy = async () => {
      await ping(browser, hook.id);
      await work();
      const { headers, body } = receiver.received.at(-1) ?? assert.fail('nothing came');
      return (secret: string) => isGenuine(String(headers['smtp-sync-signature']), body, secret);
    };
    const second = await rotate({});
    const both = await signedBy();
    assert.ok(both(hook.secret) && both(second));
    const third = await rotate({ graceHours: 1 });
    const next = await signedBy();
    assert.ok(!next(hook.secret) && next(second) && next(third));
    const fourth = await rotate({ graceHours: 0 });
    const alone = await signedBy();
    assert.ok(!alone(second) && !alone(third) && alone(fourth));
    await sweepExpired(db);
    // Theirs are not as the API makes them.
    await web.test.asOwner('DELETE FROM mailboxes');
    const rows = await web.test.asOwner<{ sealed: Buffer }>('SELECT sealed FROM webhook_secrets');
    assert.equal(rows.length, 1);
    const everything = JSON.stringify([
      await browser.json('GET', '/api/v1/webhooks', 200),
      await browser.json('GET', '/api/v1/account/export', 200),
      rows.map(({ sealed }) => sealed.toString('latin1')),
      web.logged(),
      stage.logged(),
    ]);
    for (const secret of [hook.secret, second, third, fourth])
      assert.ok(!everything.includes(secret.slice(6)));
  },
);

test.test('what fails is tried again, later and later, eight times, and can be replayed', async () => {
  const { browser, hook } = await ownerOf('again', ['mailbox.state']);
  await ping(browser, hook.id);
  const manners = [
    500,
    302,
    404,
    (r: { socket: { destroy(): void } | null }) => r.socket?.destroy(),
    503,
    429,
    400,
    599,
  ];
  const seen: string[] = [];
  const waits: number[] = [];
  for (const manner of manners) {
    receiver.behave(manner as number);
    await dueNow();
    await work();
    const [row] = await logOf(browser, hook.id);
    seen.push(`${row?.state} ${row?.tries} ${row?.status ?? row?.failure?.code}`);
    if (row?.nextTryAt)
      waits.push(Math.round((Date.parse(row.nextTryAt) - Date.parse(row.triedAt ?? '')) / 1000));
  }
  assert.deepEqual(seen, [
    'pending 1 500',
    'pending 2 302',
    'pending 3 404',
    'pending 4 answer-broken',
    'pending 5 503',
    'pending 6 429',
    'pending 7 400',
    'failed 8 599',
  ]);
  assert.deepEqual(waits, [30, 120, 600, 1800, 7200, 21_600, 43_200]);
  assert.equal(MAX_TRIES, 8);
  const bodies = new Set(receiver.received.map(({ body }) => body));
  assert.equal(bodies.size, 1, 'the same bytes at every try');
  const [failed] = await logOf(browser, hook.id);
  const replay = `/api/v1/webhooks/${hook.id}/deliveries/${failed?.id}/replay`;
  assert.equal((await browser.json<WebhookDelivery>('POST', replay, 200)).state, 'pending');
  await browser.json('POST', replay, 409);
  await work();
  assert.equal(receiver.received.length, 9);
  assert.equal(new Set(receiver.received.map(({ headers }) => headers['smtp-sync-event-id'])).size, 1);
  const [delivered] = await logOf(browser, hook.id);
  assert.deepEqual([delivered?.state, delivered?.tries, delivered?.status], ['delivered', 1, 200]);
});

test.test('a pause is a tenth shorter or longer by chance', () => {
  assert.deepEqual([pauseAfter(1, 0), pauseAfter(1, 0.5), pauseAfter(1, 1)], [27_000, 30_000, 33_000]);
  assert.equal(pauseAfter(MAX_TRIES, 0), null);
  const at = new Date(0);
  assert.equal(
    bodyOf({ id: 'x', event: 'ping', at, data: {} }),
    '{"id":"x","version":1,"event":"ping","at":"1970-01-01T00:00:00.000Z","data":{}}',
  );
});

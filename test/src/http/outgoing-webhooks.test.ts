/** Webhooks as their owner sets them up: what is taken, what is refused, and whose they are. */
import assert from 'node:assert/strict';
import * as test from 'node:test';
import type { NewWebhook, Webhook, WebhookDeliveries, WebhookDelivery } from '../../../src/http/api.ts';
import { HttpError } from '../../../src/http/errors.ts';
import { judgeWebhookUrl } from '../../../src/http/webhook-url.ts';
import { sessionFor, startWeb } from '../../http.ts';

const web = await startWeb(test, { dialsPerMinute: 1e9 });
const HOOKS = '/api/v1/webhooks';
const BODY = { url: 'https://hooks.example.com/in?key=1', events: ['mailbox.state'] };

const refusalOf = (url: string, networks: readonly string[]): string | null => {
  try {
    judgeWebhookUrl(new URL(url).href, networks);
    return null;
  } catch (error) {
    assert.ok(error instanceof HttpError);
    return error.message;
  }
};

test.test(
  'a webhook is set up, changed, switched off and on, and deleted; its secret is shown once',
  async () => {
    const { browser } = await sessionFor(web, 'owner');
    const made = await browser.json<NewWebhook>('POST', HOOKS, 201, { body: BODY });
    const { secret, ...webhook } = made;
    assert.match(secret, /^whsec_[\w-]{43}$/);
    assert.deepEqual(
      [webhook.url, webhook.events, webhook.enabled, webhook.offReason],
      [BODY.url, BODY.events, true, null],
    );
    assert.deepEqual(await browser.json('GET', HOOKS, 200), { webhooks: [webhook] });
    const edit = (body: object) => browser.json<Webhook>('PATCH', `${HOOKS}/${made.id}`, 200, { body });
    assert.deepEqual((await edit({ events: ['deliveries.digest', 'deliveries.digest'] })).events, [
      'deliveries.digest',
    ]);
    assert.equal(
      (await edit({ url: 'https://HOOKS.example.com:8443' })).url,
      'https://hooks.example.com:8443/',
    );
    assert.deepEqual(await edit({ enabled: false }).then(({ enabled, offReason }) => [enabled, offReason]), [
      false,
      'owner',
    ]);
    await browser.json('POST', `${HOOKS}/${made.id}/test`, 409);
    assert.equal((await edit({ enabled: true })).offReason, null);
    const ping = await browser.json<WebhookDelivery>('POST', `${HOOKS}/${made.id}/test`, 201);
    assert.deepEqual([ping.event, ping.state, ping.tries], ['ping', 'pending', 0]);
    await browser.json('POST', `${HOOKS}/${made.id}/deliveries/${ping.id}/replay`, 409);
    assert.equal((await browser.send('DELETE', `${HOOKS}/${made.id}`)).status, 204);
    await browser.json('GET', `${HOOKS}/${made.id}`, 404);
    assert.equal((await web.test.asOwner('SELECT FROM webhook_deliveries')).length, 0);
  },
);

test.test('only a public https address by name is taken', async () => {
  const { browser } = await sessionFor(web, 'addresses');
  const refused = [
    'http://hooks.example.com/',
    'ftp://hooks.example.com/',
    'javascript:alert(1)',
    'nonsense',
    '',
    'https://user@hooks.example.com/',
    'https://user:password@hooks.example.com/',
    'https://hooks.example.com/#part',
    'https://hooks.example.com:22/',
    'https://hooks.example.com:993/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://10.0.0.1/',
    'https://8.8.8.8/',
    'https://localhost/',
    'https://localhost./',
    'https://a.localhost/',
    'https://printer.local/',
    'https://metadata.google.internal/',
    'https://intranet/',
    `https://hooks.example.com/${'a'.repeat(2000)}`,
    `https://hooks.example.com/${'ä'.repeat(400)}`,
  ];
  for (const url of refused) await browser.json('POST', HOOKS, 400, { body: { ...BODY, url } });
  const taken = await browser.json<NewWebhook>('POST', HOOKS, 201, { body: BODY });
  for (const url of refused) await browser.json('PATCH', `${HOOKS}/${taken.id}`, 400, { body: { url } });
});

test.test('inside configured networks addresses, ports and http are taken, and nothing else', () => {
  const networks = ['192.168.0.0/16', 'fd00::/8'];
  for (const url of [
    'http://192.168.1.5:8080/',
    'https://192.168.1.5/',
    'http://[fd00::5]:81/',
    'http://nas.lan:8080/',
    'https://hooks.example.com/',
  ])
    assert.equal(refusalOf(url, networks), null, url);
  for (const url of [
    'http://127.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:192.168.1.5]/',
    'http://169.254.169.254/',
  ])
    assert.match(refusalOf(url, networks) ?? '', /must have a host’s name/, url);
});

test.test('events are those there are; ten webhooks are as many as there may be', async () => {
  const { browser } = await sessionFor(web, 'many');
  for (const events of [[], ['ping'], ['mailbox.deleted'], 'mailbox.state', Array(4).fill('mailbox.state')])
    await browser.json('POST', HOOKS, 400, { body: { ...BODY, events } });
  const answers = await Promise.all(
    Array.from({ length: 13 }, () => browser.send('POST', HOOKS, { body: BODY })),
  );
  const statuses = answers.map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 201).length, 10);
  assert.equal(statuses.filter((status) => status === 409).length, 3);
});

test.test('nobody sees, changes, tests or replays what is somebody else’s', async () => {
  const owner = await sessionFor(web, 'mine');
  const stranger = await sessionFor(web, 'stranger');
  const hook = await owner.browser.json<NewWebhook>('POST', HOOKS, 201, { body: BODY });
  const ping = await owner.browser.json<WebhookDelivery>('POST', `${HOOKS}/${hook.id}/test`, 201);
  const theirs = await stranger.browser.json<NewWebhook>('POST', HOOKS, 201, { body: BODY });
  for (const [method, path, body] of [
    ['GET', '', undefined],
    ['PATCH', '', { enabled: false }],
    ['DELETE', '', undefined],
    ['POST', '/test', undefined],
    ['POST', '/rotate-secret', {}],
    ['GET', '/deliveries', undefined],
    ['POST', `/deliveries/${ping.id}/replay`, undefined],
  ] as const)
    await stranger.browser.json(
      method,
      `${HOOKS}/${hook.id}${path}`,
      404,
      body === undefined ? {} : { body },
    );
  // Through a webhook of one's own, neither; nor what is no id.
  for (const id of [ping.id, 'x', '%00'])
    await stranger.browser.json('POST', `${HOOKS}/${theirs.id}/deliveries/${id}/replay`, 404);
  const { webhooks } = await stranger.browser.json<{ webhooks: Webhook[] }>('GET', HOOKS, 200);
  assert.deepEqual(
    webhooks.map(({ id }) => id),
    [theirs.id],
  );
  const log = await owner.browser.json<WebhookDeliveries>('GET', `${HOOKS}/${hook.id}/deliveries`, 200);
  assert.deepEqual(
    log.deliveries.map(({ id }) => id),
    [ping.id],
  );
  assert.ok(!web.logged().includes('hooks.example.com'), 'addresses are in no log');
});

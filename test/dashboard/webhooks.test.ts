/** The page of webhooks in a real browser, told for real by the service's worker. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Webhook } from '../../src/http/api.ts';
import { createAuthority } from '../../standins/authority.ts';
import { type Receiver, startReceiver } from '../receiver.ts';
import { untilSome } from '../service.ts';
import {
  assertAccessible,
  eventually,
  openStage,
  type Stage,
  takeScreenshots,
  type Visitor,
} from './stage.ts';

let stage: Stage;
let receiver: Receiver;
before(async () => {
  const authority = await createAuthority();
  receiver = await startReceiver(authority, ['localhost']);
  const env = { WEBHOOK_PRIVATE_NETWORKS: '127.0.0.0/8,::1/128' };
  stage = await openStage({ authority, env });
});
after(async () => {
  await stage?.[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

const urlOf = (path: string) => `https://localhost:${receiver.port}/${path}`;

async function setUp(visitor: Visitor, path: string): Promise<string> {
  const { page } = visitor;
  await page.goto('/webhooks');
  await page.getByLabel('Address').fill(urlOf(path));
  await page.getByRole('button', { name: 'Set it up' }).click();
  const dialog = page.getByRole('dialog', { name: 'Here is the secret' });
  const secret = (await dialog.locator('code').textContent()) ?? '';
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  return secret;
}

test('without a webhook the page says what one is for, and an address that cannot be is refused at its field', async () => {
  await using visitor = await stage.open({ email: 'none@gmail.example' });
  const { page } = visitor;
  await page.goto('/account');
  await page.getByRole('link', { name: 'Manage webhooks' }).click();
  await page.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor();
  await page.getByRole('heading', { name: 'There are no webhooks' }).waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'webhooks-empty');
  const address = page.getByLabel('Address');
  await address.fill('https://169.254.169.254/latest');
  await page.keyboard.press('Enter');
  await page.getByText('The address must have a host’s name, not an IP address.').waitFor();
  await eventually(() => address.getAttribute('aria-invalid'), 'true');
  await address.fill(urlOf('none'));
  for (const box of ['A mailbox’s state', 'A mailbox’s fault'])
    await page.getByRole('checkbox', { name: box }).uncheck();
  await page.getByRole('button', { name: 'Set it up' }).click();
  await page.getByText('Choose what it is told.').waitFor();
  await assertAccessible(page);
  visitor.takeErrors();
});

test('a webhook is set up by keyboard, its secret shown once, tested, and told again', async () => {
  await using visitor = await stage.open({ email: 'hooks@gmail.example' });
  const { page } = visitor;
  await page.goto('/webhooks');
  await page.getByLabel('Address').focus();
  await page.keyboard.type(urlOf('in?who=<b>me</b>'));
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Here is the secret' });
  const secret = (await dialog.locator('code').textContent()) ?? '';
  assert.match(secret, /^whsec_[\w-]{43}$/);
  await assertAccessible(page);
  await takeScreenshots(page, 'webhooks-secret');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  assert.ok(!(await page.content()).includes(secret), 'gone from the page');
  await page.getByText('Nothing has been told yet.').waitFor();
  await page.getByRole('button', { name: 'Send a test' }).click();
  const log = page.getByRole('region', { name: 'Deliveries' });
  await log.getByText('Delivered', { exact: true }).waitFor();
  await log.getByText(/one try · answered with 200/).waitFor();
  assert.equal(JSON.parse(receiver.received.at(-1)?.body ?? '{}').event, 'ping');
  receiver.behave(500);
  await page.getByRole('button', { name: 'Send a test' }).click();
  await log.getByText(/answered with 500/).waitFor();
  await log.getByText('On its way', { exact: true }).waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'webhooks');
  const before = receiver.received.length;
  await log.getByRole('button', { name: /^Deliver again: Test/ }).click();
  await page.getByText('It is on its way again.').first().waitFor();
  await eventually(async () => receiver.received.length, before + 1);
});

test('it is switched off and on, gets a new secret, and is deleted', async () => {
  await using visitor = await stage.open({ email: 'life@gmail.example' });
  const first = await setUp(visitor, 'life');
  const { page } = visitor;
  await page.getByRole('button', { name: 'Switch off' }).click();
  await page.getByText('You switched it off.').waitFor();
  await page.getByRole('button', { name: 'Switch on' }).click();
  await page.getByRole('button', { name: 'Send a test' }).waitFor();
  await page.getByRole('button', { name: 'New secret…' }).click();
  await assertAccessible(page);
  await page.getByRole('button', { name: 'Make a new secret' }).click();
  const dialog = page.getByRole('dialog', { name: 'Here is the secret' });
  const second = (await dialog.locator('code').textContent()) ?? '';
  assert.match(second, /^whsec_[\w-]{43}$/);
  assert.notEqual(second, first);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'Delete…' }).click();
  const confirm = page.getByRole('dialog', { name: 'Delete this webhook?' });
  await assertAccessible(page);
  await confirm.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByText('The webhook is deleted.').first().waitFor();
  await page.getByRole('heading', { name: 'There are no webhooks' }).waitFor();
});

test('its address and its events are changed; what cannot be is said where it stands', async () => {
  await using visitor = await stage.open({ email: 'edits@gmail.example' });
  await setUp(visitor, 'before');
  const { page } = visitor;
  const hooks = async () => (await visitor.api<{ webhooks: Webhook[] }>('/api/v1/webhooks')).webhooks;
  const edit = page.getByRole('button', { name: 'Edit…' });
  await edit.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Edit this webhook' });
  const address = dialog.getByLabel('Address');
  await eventually(() => address.inputValue(), urlOf('before'));
  await assertAccessible(page);
  await takeScreenshots(page, 'webhooks-edit', { fullPage: false });
  await address.fill('https://10.0.0.1/in');
  await page.keyboard.press('Enter');
  await dialog.getByText('The address must have a host’s name, not an IP address.').waitFor();
  await eventually(() => address.getAttribute('aria-invalid'), 'true');
  visitor.takeErrors();
  await address.fill(urlOf('after'));
  for (const box of ['A mailbox’s state', 'A mailbox’s fault'])
    await dialog.getByRole('checkbox', { name: box }).uncheck();
  await page.keyboard.press('Enter');
  await dialog.getByText('Choose what it is told.').waitFor();
  await assertAccessible(page);
  await dialog.getByRole('checkbox', { name: 'What became of messages' }).check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('article', { name: urlOf('after') }).waitFor();
  await eventually(() => page.evaluate<string>('document.activeElement.innerText'), 'Edit…');
  const [changed] = await hooks();
  assert.deepEqual([changed?.url, changed?.events], [urlOf('after'), ['deliveries.digest']]);
  await page.getByRole('button', { name: 'Send a test' }).click();
  await untilSome(async () => receiver.received.find(({ path }) => path === '/after') ?? null);

  // Off, it stays off; nothing changed, nothing is sent; deleted in another tab, that is said.
  await page.getByRole('button', { name: 'Switch off' }).click();
  await page.getByText('You switched it off.').waitFor();
  await edit.click();
  await dialog.getByRole('checkbox', { name: 'A mailbox’s fault' }).check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The webhook is changed. It is still off.').first().waitFor();
  let sent = 0;
  page.on('request', (request) => {
    if (request.method() === 'PATCH') sent += 1;
  });
  await edit.click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'hidden' });
  assert.equal(sent, 0);
  await edit.click();
  await visitor.context.request.delete(`/api/v1/webhooks/${changed?.id}`, {
    headers: { origin: stage.service.url },
  });
  assert.deepEqual(await hooks(), []);
  await address.fill(urlOf('too-late'));
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByRole('alert').waitFor();
  visitor.takeErrors();
});

test('one that is gone is switched off, which a notice and the page say', async () => {
  await using visitor = await stage.open({ email: 'gone@gmail.example' });
  await setUp(visitor, 'gone');
  const { page } = visitor;
  receiver.behave(410);
  await page.getByRole('button', { name: 'Send a test' }).click();
  await page
    .getByRole('region', { name: 'Deliveries' })
    .getByText(/answered with 410/)
    .waitFor();
  await page.goto('/notices');
  await page.getByRole('heading', { name: 'A webhook was switched off' }).waitFor();
  await assertAccessible(page);
  await page.getByRole('link', { name: 'See your webhooks' }).click();
  await page.getByText('It has answered that it is gone for good (410), so it was switched off.').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'webhooks-off');
});

test('webhooks and deliveries that cannot be loaded say so', async () => {
  await using visitor = await stage.open({ email: 'broken@gmail.example' });
  await setUp(visitor, 'broken');
  const { page } = visitor;
  const refuse = (glob: string) =>
    page.route(glob, (route) =>
      route.fulfill({ status: 409, json: { error: { code: 'not-now', message: 'Not now.' } } }),
    );
  await refuse('**/api/v1/webhooks/*/deliveries*');
  await page.reload();
  await page.getByRole('region', { name: 'Deliveries' }).getByText('Code: not-now').waitFor();
  await refuse('**/api/v1/webhooks');
  await page.reload();
  await page.getByText('Code: not-now').waitFor();
  await assertAccessible(page);
  visitor.takeErrors();
});

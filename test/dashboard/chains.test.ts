/** The tamper check in a real browser: whole, compared with what was kept, broken, rewritten. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Chain } from '../../src/http/api.ts';
import { type GlassBoxStage, openGlassBoxStage } from './glass-box-stage.ts';
import { assertAccessible, eventually, takeScreenshots } from './stage.ts';

let stage: GlassBoxStage;
before(async () => {
  stage = await openGlassBoxStage();
});
after(() => stage?.[Symbol.asyncDispose]());

test('a chain is verified, and compared with the end that was copied from it', async () => {
  await using owner = await stage.ownerOf('chains', '<b>owner</b>@isp.example');
  const { page } = owner;
  await page.goto('/glass-box?view=chain');
  await page.getByText('The end of the chain: No entry yet').waitFor();
  await page.getByRole('button', { name: 'Verify' }).click();
  await page.getByText('The chain is whole: 0 entries').waitFor();
  await stage.addEntries(owner, 700);
  await page.reload();
  await page.getByText('The end of the chain: 700 entries').waitFor();
  await owner.visitor.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy' }).click();
  await page.getByText('Copied').waitFor();
  const kept = await page.evaluate<string>('navigator.clipboard.readText()');
  const { head } = await owner.visitor.api<Chain>(`/api/v1/mailboxes/${owner.mailboxId}/chain`);
  assert.equal(kept, `${owner.mailboxId}:700:${head.hash}`);

  await stage.addEntry(owner, 'later.example.com');
  const field = page.getByLabel('An end you kept');
  for (const [text, problem] of [
    ['something', 'That is no end of a chain.'],
    [`00000000-0000-4000-8000-000000000000:700:${head.hash}`, 'That end is of another mailbox.'],
  ] as const) {
    await field.fill(text);
    await field.press('Enter');
    await page.getByText(problem).waitFor();
  }
  await field.fill(kept);
  await field.press('Enter');
  await page.getByText('The chain is whole: 701 entries').waitFor();
  await page.getByText('nothing up to entry 700 was rewritten since').waitFor();
  await page.getByText('The end of the chain: 701 entries').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'chain-whole');

  await field.fill(`700:${'0'.repeat(64)}`);
  await page.getByRole('button', { name: 'Verify' }).click();
  await page.getByRole('alert').getByText('The chain does not hold what you kept').waitFor();
});

test('a broken chain is shown in red, with the first wrong place', async () => {
  await using owner = await stage.ownerOf('broken');
  const { page, mailboxId } = owner;
  await stage.addEntries(owner, 50);
  await stage.database.query(
    "UPDATE audit_entries SET sender_domain = 'somebody.else' WHERE mailbox_id = $1 AND seq = 17",
    [mailboxId],
  );
  await page.goto('/glass-box');
  await page.getByRole('tab', { name: 'Tamper check' }).click();
  assert.equal(new URL(page.url()).search, '?view=chain');
  await page.getByRole('button', { name: 'Verify' }).click();
  const alert = page.getByRole('alert');
  await alert.getByText('The chain is broken at entry 17').waitFor();
  await alert.getByText('does not follow from the one before it').waitFor();
  await assertAccessible(page);
  await takeScreenshots(page, 'chain-broken');
  await stage.database.query('DELETE FROM audit_entries WHERE mailbox_id = $1 AND seq = 3', [mailboxId]);
  await page.getByRole('button', { name: 'Verify' }).click();
  await alert.getByText('The chain is broken at entry 3').waitFor();
  await alert.getByText('There is no such entry any more').waitFor();
});

test('a long chain shows how far its check is, stops on demand, and says why it failed', async () => {
  await using owner = await stage.ownerOf('long');
  const { page } = owner;
  const head = { seq: 200_000, hash: 'a'.repeat(64), at: null };
  let answer: (() => void) | undefined;
  let calls = 0;
  await page.route('**/chain/verify*', async (route) => {
    calls += 1;
    if (calls % 2 === 0)
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
    const body = { checked: 50_000, to: 50_000, next: 50_000, head, broken: null, keptIsPart: null };
    if (calls === 4)
      await route.fulfill({ status: 503, json: { error: { code: 'x', message: 'Come back later.' } } });
    else await route.fulfill({ json: body }).catch(() => undefined);
  });
  await page.goto('/glass-box?view=chain');
  await page.getByRole('button', { name: 'Verify' }).click();
  await page.getByText('50,000 of 200,000 entries checked').waitFor();
  await eventually(() => page.getByRole('progressbar').getAttribute('aria-valuenow'), '25');
  await assertAccessible(page);
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('progressbar').waitFor({ state: 'detached' });
  answer?.();
  await page.getByRole('button', { name: 'Verify' }).click();
  await eventually(async () => calls, 4);
  answer?.();
  await page.getByRole('alert').getByText('Come back later.').waitFor();
  // The browser's own words for the 503.
  owner.visitor.takeErrors();
});

/** The public pages in a real browser, with and without JavaScript. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decide, heading, look, toGoogle } from './public-pages.ts';
import { assertAccessible, openStage, type Stage } from './stage.ts';

let stage: Stage;
before(async () => {
  stage = await openStage({
    env: {
      CONTACT_EMAIL: 'security@example.com',
      HISTORY_DAYS: '7',
      SUB_PROCESSORS: 'Neon, Fly.io, Cloudflare',
    },
  });
});
after(() => stage[Symbol.asyncDispose]());

const PAGES = [
  ['/', 'Your old mailbox, flowing into your Gmail', 'landing'],
  ['/?next=%2Fglass-box', 'Your old mailbox, flowing into your Gmail', 'landing-next'],
  ['/privacy', 'Privacy policy', 'privacy'],
  ['/terms', 'Terms of use', 'terms'],
  ['/security', 'Security', 'security'],
  ['/docs/api', 'API', 'api'],
  ['/auth/start', 'Google will ask for one permission', 'start'],
] as const;

test('every public page is whole, accessible in both themes, and as wide as the window', async () => {
  await using visitor = await stage.open();
  for (const [path, title, name] of PAGES) {
    await visitor.page.goto(path);
    await look(visitor.page, `public-${name}`, title);
  }
  for (const width of [320, 390]) {
    await visitor.page.setViewportSize({ width, height: 800 });
    for (const [path] of PAGES) {
      await visitor.page.goto(path);
      const wider = await visitor.page.evaluate('document.documentElement.scrollWidth - innerWidth');
      assert.ok(Number(wider) <= 0, `${path} at ${width}`);
    }
  }
});

test('without JavaScript: from the landing page over Google to the app, which says what it needs', async () => {
  await using visitor = await stage.open({ javaScript: false });
  const { page } = visitor;
  await toGoogle(page, '/?next=%2Fglass-box');
  await decide(page, 'plain@gmail.example');
  await page.waitForURL('**/glass-box');
  await page.getByRole('heading', { name: 'The dashboard needs JavaScript' }).waitFor();
  await page.goto('/');
  assert.equal(new URL(page.url()).pathname, '/mailboxes');
  await page.goto('/terms');
  await page.getByRole('link', { name: 'My mailboxes' }).waitFor();
});

test('without JavaScript: the theme is chosen, kept, and given back to the system', async () => {
  await using visitor = await stage.open({ javaScript: false });
  const { page } = visitor;
  await page.goto('/terms');
  const theme = () => page.locator('html').getAttribute('data-theme');
  for (const name of ['Dark', 'Light', 'System']) {
    await page.getByRole('button', { name }).click();
    await page.locator(`html[data-theme='${name.toLowerCase()}']`).waitFor();
    assert.equal(new URL(page.url()).pathname, '/terms');
    await page.goto('/privacy');
    assert.equal(await theme(), name.toLowerCase());
    await page.goto('/terms');
  }
});

test('by keyboard: past the header, to Google, and the questions open', async () => {
  await using visitor = await stage.open();
  const { page } = visitor;
  await page.goto('/');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'Skip to the content');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'Continue with Google');
  await page.getByText('Can you read my Gmail?').focus();
  await page.keyboard.press('Enter');
  await page.getByText('Google enforces that, whatever our software does').waitFor();
  await assertAccessible(page);
});

test('an address that nothing is at has a page', async () => {
  await using visitor = await stage.open();
  const answer = await visitor.page.goto('/nowhere');
  assert.equal(answer?.status(), 404);
  await look(visitor.page, 'error-404', 'There is no page here');
  await visitor.page.getByRole('link', { name: 'Back to the start' }).click();
  await heading(visitor.page).waitFor();
  visitor.takeErrors();
});

test('the landing page loads one document and one stylesheet', async () => {
  await using visitor = await stage.open();
  const { page } = visitor;
  const loaded: string[] = [];
  page.on('request', (request) => loaded.push(request.resourceType()));
  await page.goto('/');
  assert.deepEqual(loaded.filter((type) => type !== 'other').sort(), ['document', 'stylesheet']);
});

/** Google's consent in a real browser: every way in which it can fail says what happened and what to do next. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { findEmbedded } from '../../src/db/embedded.ts';
import { decide, heading, look, toGoogle } from './public-pages.ts';
import { openStage, type Stage, type Visitor } from './stage.ts';

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage[Symbol.asyncDispose]());

/** How each failure comes about in a browser; all end on a page of ours. */
const FAILURES: readonly (readonly [string, string, number, (visitor: Visitor) => Promise<void>])[] = [
  [
    'denied',
    'You have not agreed',
    403,
    async ({ page }) => {
      await toGoogle(page);
      await decide(page, 'no@gmail.example', { allow: false });
    },
  ],
  [
    'scope',
    'One permission is missing',
    403,
    async ({ page }) => {
      await toGoogle(page);
      await decide(page, 'no@gmail.example', { tick: false });
    },
  ],
  [
    'foreign',
    'That sign-in was started elsewhere',
    400,
    async ({ page, context }) => {
      await toGoogle(page);
      await context.clearCookies();
      await decide(page, 'no@gmail.example');
    },
  ],
  [
    'expired',
    'That sign-in has expired',
    400,
    async ({ page }) => {
      await toGoogle(page);
      await inDatabase("UPDATE sign_ins SET expires_at = now() - interval '1 second'");
      await decide(page, 'no@gmail.example');
    },
  ],
  [
    'failed',
    'Google did not complete the sign-in',
    400,
    async ({ page }) => {
      await toGoogle(page);
      stage.service.google.order({ rules: [{ at: 'token', action: { kind: 'status', status: 400 } }] });
      await decide(page, 'no@gmail.example');
    },
  ],
  [
    'unavailable',
    'Google cannot be reached',
    503,
    async ({ page }) => {
      await toGoogle(page);
      stage.service.google.order({
        rules: [{ at: 'token', action: { kind: 'status', status: 503 }, times: 9 }],
      });
      await decide(page, 'no@gmail.example');
    },
  ],
  [
    'blocked',
    'Google does not allow it for this account',
    403,
    async ({ page }) => {
      await toGoogle(page);
      const state = new URL(page.url()).searchParams.get('state');
      await page.goto(`/auth/google/callback?state=${state}&error=disabled_account`);
    },
  ],
];

for (const javaScript of [true, false])
  for (const [name, title, status, fail] of FAILURES)
    test(`${name}: says what happened, and the next try works (JavaScript ${javaScript ? 'on' : 'off'})`, async () => {
      await using visitor = await stage.open({ javaScript });
      const { page, context } = visitor;
      let answered = 0;
      page.on('response', (response) => {
        if (response.url().includes('/auth/google/callback')) answered = response.status();
      });
      await fail(visitor);
      await heading(page).waitFor();
      assert.equal(answered, status);
      if (javaScript) await look(page, `refused-${name}`, title);
      else assert.equal(await heading(page).textContent(), title);
      assert.equal((await context.request.get('/api/v1/account')).status(), 401, 'nobody is signed in');
      stage.service.google.order({ clear: true });
      await page.getByRole('main').getByRole('link').first().click();
      await decide(page, `${name}@gmail.example`);
      await page.waitForURL('**/mailboxes');
      // The browser says that it was given an error status; that was the point.
      visitor.takeErrors();
    });

test('another Google account opens another account, and says so', async () => {
  await using visitor = await stage.open({ email: 'first@gmail.example' });
  const { page } = visitor;
  await page.goto('/auth/start');
  await look(page, 'start-signed-in', 'You are signed in as first@gmail.example');
  await toGoogle(page, '/auth/start?next=%2Faccount');
  await decide(page, 'second@gmail.example');
  await page.waitForURL('**/auth/switched?next=%2Faccount');
  await look(page, 'switched', 'You are now in another account');
  await page.getByRole('link', { name: 'Go on as second@gmail.example' }).click();
  await page.waitForURL('**/account');
});

test('a consent that has ended is explained, and a new one goes on', async () => {
  await using visitor = await stage.open({ email: 'ended@gmail.example' });
  const { page } = visitor;
  await inDatabase(
    "DELETE FROM grants WHERE user_id = (SELECT id FROM users WHERE email = 'ended@gmail.example')",
  );
  await page.goto('/auth/start');
  await look(page, 'start-ended', 'Google no longer honours your consent');
  await toGoogle(page, '/auth/start');
  await decide(page, 'ended@gmail.example');
  await page.waitForURL('**/mailboxes');
  const { grant } = await visitor.api<{ grant: { state: string } }>('/api/v1/account');
  assert.equal(grant.state, 'given');
});

async function inDatabase(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: (await findEmbedded(stage.service.dir))?.ownerUrl });
  await client.connect();
  await client.query(sql);
  await client.end();
}

/** What the tests of the public pages share: looking at a page, and the way over the stand-in's consent screen. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { assertAccessible, takeScreenshots } from './stage.ts';

export const heading = (page: Page) => page.getByRole('heading', { level: 1 });

export async function look(page: Page, name: string, title: string): Promise<void> {
  assert.equal(await heading(page).textContent(), title);
  const wider = await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  assert.equal(wider, 0, 'nothing is wider than the window');
  await takeScreenshots(page, name);
  await assertAccessible(page);
}

/** On the stand-in's page. */
export async function decide(page: Page, email: string, { allow = true, tick = true } = {}): Promise<void> {
  await page.getByLabel('Another e-mail address').fill(email);
  if (!tick) await page.getByRole('checkbox').uncheck();
  await page.getByRole('button', { name: allow ? 'Allow' : 'Deny' }).click();
}

export async function toGoogle(page: Page, path = '/'): Promise<void> {
  await page.goto(path);
  await page.getByRole('link', { name: 'Continue with Google' }).first().click();
  await page.getByRole('heading', { name: 'Choose an account' }).waitFor();
}

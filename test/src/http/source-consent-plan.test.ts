/** Sign-in at a mailbox's provider where a plan limits how many mailboxes run. */
import assert from 'node:assert/strict';
import * as test from 'node:test';
import type { Mailbox } from '../../../src/http/api.ts';
import { startStripe } from '../../../standins/stripe/server.ts';
import { addMailboxes } from '../../billing.ts';
import { PUBLIC_URL, sessionFor, startWeb } from '../../http.ts';
import { consentAt, OUTLOOK, OUTLOOK_SERVERS, openMicrosoft } from '../../microsoft.ts';

const microsoft = await openMicrosoft(test, { redirectUris: [`${PUBLIC_URL}/auth/source/callback`] });
const stripe = await startStripe();
const web = await startWeb(test, {}, { ...microsoft.environment(OUTLOOK_SERVERS), ...stripe.environment });
test.after(() => stripe.close());

const isFull = async (answer: Response, id: string) => {
  const page = await answer.text();
  assert.equal(answer.status, 402, page);
  for (const part of [
    '>Your plan has no room for this mailbox</h1>',
    'href="/billing"',
    `href="/mailboxes/${id}"`,
  ])
    assert.ok(page.includes(part), page);
};

test.test(
  'a paused mailbox for which the plan has no room is told so, before the way and after it',
  async () => {
    const { browser, userId } = await sessionFor(web, 'full');
    const { id } = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body: OUTLOOK });
    assert.equal((await browser.send('POST', `/api/v1/mailboxes/${id}/pause`)).status, 200);
    const path = await consentAt(browser, id);
    await addMailboxes(web, userId, 1);
    await isFull(await browser.send('GET', path), id);
    await isFull(await browser.send('GET', `/auth/source/start?mailbox=${id}`), id);
    const { state } = await browser.json<Mailbox>('GET', `/api/v1/mailboxes/${id}`, 200);
    assert.equal(state, 'paused');
  },
);

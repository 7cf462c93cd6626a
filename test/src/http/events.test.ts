import assert from 'node:assert/strict';
import * as test from 'node:test';
import type { Mailbox } from '../../../src/http/api.ts';
import type { Browser } from '../../browser.ts';
import { MAILBOX, sessionFor, startWeb } from '../../http.ts';

const web = await startWeb(test);

interface Events {
  /** The next event; `null` when the stream has ended. */
  next(): Promise<{ name: string; data: Record<string, unknown> } | null>;
  leave(): void;
}

async function listen(browser: Browser, headers: Record<string, string> = {}): Promise<Events> {
  const abort = new AbortController();
  const answer = await browser.send('GET', '/api/v1/events', { signal: abort.signal, headers });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'text/event-stream');
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.ok(reader);
  let buffer = '';
  return {
    next: async () => {
      for (;;) {
        const match = /^event: (.*)\ndata: (.*)\n\n/m.exec(buffer);
        if (match) {
          buffer = buffer.slice(match.index + match[0].length);
          return { name: match[1] ?? '', data: JSON.parse(match[2] ?? '') };
        }
        const { done, value } = await reader.read();
        if (done) return null;
        buffer += value;
      }
    },
    leave: () => abort.abort(),
  };
}

const addAudit = (userId: string, mailboxId: string, domain: string) =>
  web.test.asOwner(
    "INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, size_bytes) VALUES ($1, $2, $3, 'delivered', 1)",
    [userId, mailboxId, domain],
  );

test.test('streams tell what is, then what changes, of this user only', async () => {
  const { browser, userId } = await sessionFor(web, 'watcher');
  const stranger = await sessionFor(web, 'stranger');
  const mailbox = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
  await addAudit(userId, mailbox.id, 'before.test');
  const first = await listen(browser);
  assert.deepEqual(await first.next(), { name: 'mailbox', data: mailbox });
  const second = await listen(browser);
  assert.deepEqual(await second.next(), { name: 'mailbox', data: mailbox }, 'a late stream gets the picture');

  const foreign = await stranger.browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
  await addAudit(stranger.userId, foreign.id, 'stranger.test');
  await addAudit(userId, mailbox.id, 'after.test');
  for (const stream of [first, second]) {
    const audit = await stream.next();
    assert.equal(audit?.name, 'audit');
    assert.equal(audit?.data.senderDomain, 'after.test');
  }
  await browser.json('POST', `/api/v1/mailboxes/${mailbox.id}/pause`, 200);
  for (const stream of [first, second]) assert.equal((await stream.next())?.data.state, 'paused');
  await browser.send('DELETE', `/api/v1/mailboxes/${mailbox.id}`);
  for (const stream of [first, second])
    assert.deepEqual((await stream.next())?.data, { id: mailbox.id, deleted: true });
  first.leave();
  second.leave();
});

test.test('a stream ends with its session, and with its key', async () => {
  const { browser } = await sessionFor(web, 'ender');
  const { id, key } = await browser.json<{ id: string; key: string }>('POST', '/api/v1/api-keys', 201, {
    body: { name: 'k' },
  });
  const byKey = await listen(web.browser(), { authorization: `Bearer ${key}` });
  await browser.send('DELETE', `/api/v1/api-keys/${id}`);
  assert.equal(await byKey.next(), null);
  const bySession = await listen(browser);
  await browser.send('POST', '/auth/logout');
  assert.equal(await bySession.next(), null);
});

test.test('streams of one user are bounded, and left ones are given back', async () => {
  const { browser } = await sessionFor(web, 'greedy');
  const streams = await Promise.all(Array.from({ length: 10 }, () => listen(browser)));
  await browser.json('GET', '/api/v1/events', 429);
  for (const stream of streams) stream.leave();
  let status = 429;
  while (status === 429) {
    const abort = new AbortController();
    status = (await browser.send('GET', '/api/v1/events', { signal: abort.signal })).status;
    abort.abort();
  }
  assert.equal(status, 200);
});

test.test('the end of the server ends the streams within its grace', async () => {
  const { browser } = await sessionFor(web, 'last');
  const stream = await listen(browser);
  const closing = web.close();
  assert.equal(await stream.next(), null);
  await closing;
});

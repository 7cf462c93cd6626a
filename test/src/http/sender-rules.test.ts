/** Rules of a mailbox by sender and size, and its folders, over the API: kept in one form, or refused without their value. */
import assert from 'node:assert/strict';
import * as test from 'node:test';
import type { Mailbox } from '../../../src/http/api.ts';
import { MAILBOX, sessionFor, startWeb } from '../../http.ts';

const web = await startWeb(test);

test.test('rules are kept in lower case, with A-labels, each once, and can be taken back', async () => {
  const { browser } = await sessionFor(web, 'ruler');
  const options = {
    skipSenders: [
      'Boss@Corp.Example',
      ' boss@corp.example ',
      'SHOP.example',
      '@shop.example',
      'Bücher.example',
      'Käse@bücher.example',
      'shop.example.',
    ],
    neverSpamDomains: ['Bank.Example', '@bank.example'],
    maxBytes: 25_000_000,
  };
  const mailbox = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, {
    body: { ...MAILBOX, options },
  });
  const { skipSenders, neverSpamDomains, maxBytes } = mailbox.options;
  assert.deepEqual(
    { skipSenders, neverSpamDomains, maxBytes },
    {
      skipSenders: [
        'boss@corp.example',
        'shop.example',
        'xn--bcher-kva.example',
        'käse@xn--bcher-kva.example',
      ],
      neverSpamDomains: ['bank.example'],
      maxBytes: 25_000_000,
    },
  );
  const none = { skipSenders: [], neverSpamDomains: [], maxBytes: null };
  const patched = await browser.json<Mailbox>('PATCH', `/api/v1/mailboxes/${mailbox.id}`, 200, {
    body: { options: none },
  });
  assert.deepEqual({ ...patched.options, ...none }, patched.options);
});

test.test('what is no sender, no domain and no size is refused by place, without its value', async () => {
  const { browser } = await sessionFor(web, 'refused');
  const canary = 'canary-51ac';
  const senders = /^options\.skipSenders\.1: must hold e-mail addresses or domains only$/;
  for (const [options, wanted] of [
    ...[
      canary,
      `${canary}@`,
      `a b@${canary}.example`,
      `*.${canary}.example`,
      'com',
      '192.0.2.1',
      '"a@b"@c.example',
      `<a@${canary}.example>`,
      `http://${canary}.example`,
      '@',
      `${canary}.example/x`,
    ].map((wrong) => [{ skipSenders: ['a.example', wrong] }, senders] as const),
    [{ neverSpamDomains: [`a@${canary}.example`] }, /^options\.neverSpamDomains\.0: must hold domains only$/],
    [{ skipSenders: ['a\u0000.example'] }, /^options\.skipSenders\.0: must not contain control/],
    [{ skipSenders: [''] }, /^options\.skipSenders\.0: must not be empty/],
    [{ skipSenders: Array(501).fill('a.example') }, /^options\.skipSenders: must not name more than 500/],
    [{ neverSpamDomains: Array(501).fill('a.example') }, /^options\.neverSpamDomains: must not name more/],
    [{ maxBytes: 0 }, /^options\.maxBytes: /],
    [{ maxBytes: 1.5 }, /^options\.maxBytes: /],
    [{ maxBytes: '25' }, /^options\.maxBytes: /],
  ] as const) {
    const answer = await browser.send('POST', '/api/v1/mailboxes', { body: { ...MAILBOX, options } });
    const { error } = (await answer.json()) as { error: { code: string; message: string } };
    assert.deepEqual([answer.status, error.code], [400, 'invalid-request'], JSON.stringify(options));
    assert.match(error.message, wanted);
    assert.doesNotMatch(error.message, /canary/);
  }
});

test.test('the inbox is chosen in any case of letters, and every folder once', async () => {
  const { browser } = await sessionFor(web, 'chooser');
  const create = (more: object) =>
    browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body: { ...MAILBOX, ...more } });
  const { id, options } = await create({ options: { folders: ['Work', 'inbox', 'Work', 'INBOX'] } });
  assert.deepEqual(options.folders, ['Work', 'INBOX']);
  const patch = { body: { options: { folders: ['Inbox'] } } };
  const patched = await browser.json<Mailbox>('PATCH', `/api/v1/mailboxes/${id}`, 200, patch);
  assert.deepEqual(patched.options.folders, ['INBOX']);
  const pop3 = await create({ protocol: 'pop3', port: 995, options: { folders: ['inbox'] } });
  assert.deepEqual(pop3.options.folders, ['INBOX']);
});

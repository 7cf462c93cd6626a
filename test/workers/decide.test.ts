/** What becomes of a message: one table, without a server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FolderUse } from '../../src/core/folder.ts';
import { DEFAULT_OPTIONS, type MailboxOptions } from '../../src/core/mailbox.ts';
import { keyOf } from '../../src/core/message.ts';
import type { MessageFlags } from '../../src/core/ports.ts';
import { createDecide, decide } from '../../workers/decide.ts';
import { HeaderBlock } from '../../workers/header-block.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const DATE = 'Date: Sun, 1 Mar 2026 10:00:00 +0000\r\n';

function claimsOf(header: string) {
  const block = new HeaderBlock();
  block.push(Buffer.from(`${header}\r\n`));
  return { ...block.facts(), ...block.claims() };
}

function decided(
  header: string,
  options: Partial<MailboxOptions> = {},
  use: FolderUse | null = 'inbox',
  flags: MessageFlags | null = { seen: false, flagged: false },
) {
  const whole = { ...DEFAULT_OPTIONS, pollSeconds: 300, ...options };
  return decide({ use, flags, header: claimsOf(header), now: NOW }, whole);
}

const labelsOf = (decision: ReturnType<typeof decided>): string =>
  decision.kind === 'send' ? decision.outgoing.labelIds.join(' ') : decision.kind;

const FLAGS = {
  unseen: { seen: false, flagged: false },
  seen: { seen: true, flagged: false },
  starred: { seen: true, flagged: true },
  untold: null,
} as const;

/** Folder's use, flags, labels, and those with skipInbox. */
const ARRIVALS: readonly (readonly [FolderUse | null, keyof typeof FLAGS, string, string])[] = [
  ['inbox', 'unseen', 'INBOX UNREAD', 'UNREAD'],
  ['inbox', 'untold', 'INBOX UNREAD', 'UNREAD'],
  ['inbox', 'seen', 'INBOX', ''],
  ['inbox', 'starred', 'INBOX STARRED', 'STARRED'],
  [null, 'unseen', 'INBOX UNREAD', 'UNREAD'],
  [null, 'starred', 'INBOX STARRED', 'STARRED'],
  ['junk', 'unseen', 'SPAM UNREAD', 'SPAM UNREAD'],
  ['junk', 'seen', 'SPAM', 'SPAM'],
  ['trash', 'seen', 'TRASH', 'TRASH'],
  ['trash', 'unseen', 'TRASH UNREAD', 'TRASH UNREAD'],
  ['archive', 'unseen', 'UNREAD', 'UNREAD'],
  ['archive', 'seen', '', ''],
  ['archive', 'starred', 'STARRED', 'STARRED'],
  ['sent', 'unseen', '', ''],
  ['sent', 'untold', '', ''],
  ['sent', 'starred', 'STARRED', 'STARRED'],
  ['drafts', 'unseen', '', ''],
  ['all', 'unseen', 'UNREAD', 'UNREAD'],
  ['all', 'seen', '', ''],
  ['flagged', 'seen', 'STARRED', 'STARRED'],
  ['flagged', 'untold', 'UNREAD STARRED', 'UNREAD STARRED'],
];

test('a message arrives as it stood at the source', () => {
  for (const [use, flags, labels, skipping] of ARRIVALS) {
    const note = `${use} ${flags}`;
    assert.equal(labelsOf(decided(DATE, {}, use, FLAGS[flags])), labels, note);
    assert.equal(labelsOf(decided(DATE, { skipInbox: true }, use, FLAGS[flags])), skipping, note);
  }
});

test('a date that Gmail could not read is told, and the time of receipt taken', () => {
  for (const [header, readable] of [
    [DATE, true],
    ['date : 1 Mar 26 10:00 EST\r\n', true],
    ['Subject: x\r\n', false],
    ['Date:\r\n', false],
    ['Date: gestern\r\n', false],
    ['Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n', false],
    [`${DATE}${DATE}`, false],
  ] as const) {
    const decision = decided(header);
    assert.ok(decision.kind === 'send');
    assert.deepEqual(
      [decision.reason, decision.outgoing.internalDateSource],
      readable ? [null, 'dateHeader'] : ['date-unreadable', 'receivedTime'],
      header,
    );
  }
});

const RULES = ['spam.example', 'Boss@Corp.Example'.toLowerCase(), 'xn--bcher-kva.example'];

test('a rule names a sender by address or domain, below it too, and by nothing that only looks like it', () => {
  for (const [from, skipped] of [
    ['a@spam.example', true],
    ['A <a@SPAM.Example>', true],
    ['a@mail.spam.example', true],
    ['a@notspam.example', false],
    ['a@spam.example.org', false],
    ['boss@corp.example', true],
    ['"The Boss" <BOSS@corp.EXAMPLE>', true],
    ['clerk@corp.example', false],
    ['boss@mail.corp.example', false],
    ['ä@bücher.example', true],
    ['"a@spam.example" <b@good.example>', false],
    ['a@spam.example <b@good.example>', false],
    ['=?utf-8?q?a=40spam.example?= <b@good.example>', false],
    ['(a@spam.example) b@good.example', false],
    ['"a@spam.example"@good.example', false],
    ['Good <b@good.example>, Bad <a@spam.example>', false],
    ['Bad <a@spam.example>, Good <b@good.example>', true],
    ['Group: a@spam.example;', true],
    ['nobody', false],
  ] as const)
    assert.equal(
      decided(`From: ${from}\r\n${DATE}`, { skipSenders: RULES }).kind,
      skipped ? 'skip' : 'send',
      from,
    );
  assert.equal(decided(DATE, { skipSenders: RULES }).kind, 'send', 'no sender at all');
});

test('mail of chosen domains is never marked as spam, but for what the source holds as junk', () => {
  const options = { neverSpamDomains: ['good.example'] };
  for (const [from, use, never] of [
    ['a@good.example', 'inbox', true],
    ['a@mail.good.example', null, true],
    ['a@notgood.example', 'inbox', false],
    ['"a@good.example" <b@evil.example>', 'inbox', false],
    ['a@good.example', 'junk', false],
  ] as const) {
    const decision = decided(`From: ${from}\r\n${DATE}`, options, use);
    assert.equal(decision.kind === 'send' && decision.outgoing.neverMarkSpam, never, from);
  }
  const all = decided(DATE, { neverSpam: true });
  assert.equal(all.kind === 'send' && all.outgoing.neverMarkSpam, true);
});

test('a folder that is visited no more is known by its name', async () => {
  const options = { ...DEFAULT_OPTIONS, pollSeconds: 300 };
  const told = new Map([['Spam', { name: 'Spam', use: null, path: ['Spam'] }]]);
  for (const [folder, folders, labels] of [
    ['INBOX.Spam', new Map(), 'SPAM UNREAD'],
    ['Spam', told, 'INBOX UNREAD'],
  ] as const) {
    const ref = { protocol: 'imap', folder, uidValidity: 1, uid: 1 } as const;
    const message = { ref, key: keyOf(ref), size: 1, arrivedAt: null, backlog: false };
    const decision = await createDecide(options, folders, () => NOW)(
      { message, flags: null },
      claimsOf(DATE),
      1,
    );
    assert.equal(labelsOf(decision), labels);
  }
});

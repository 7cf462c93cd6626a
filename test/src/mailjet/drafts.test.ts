/** Every kind of notice as a mail: what it says, where it leads, and that many are not too many. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isOptional, NOTICE_KINDS, type NoticeFact } from '../../../src/core/notice.ts';
import { draftOf, type Item } from '../../../src/mailjet/drafts.ts';
import { writeLetter } from '../../../src/mailjet/letter.ts';

const URL_BASE = 'https://mail.example.com';
const REFUSALS = { from: '2026-01-01', to: '2026-01-03', rejected: 1, failed: 0, uncertain: 2 };

const FACTS: readonly NoticeFact[] = [
  { kind: 'login-failed', detail: { fault: 'login-refused' } },
  { kind: 'server-unreachable', detail: { fault: 'connect-timeout' } },
  { kind: 'consent-lost', detail: { fault: 'grant-revoked' } },
  { kind: 'messages-refused', detail: { ...REFUSALS, domains: [{ domain: '', count: 3 }], otherDomains: 0 } },
  { kind: 'backlog-finished', detail: { delivered: 54_321, rejected: 0, failed: 0, uncertain: 0 } },
  { kind: 'payment-failed', detail: { graceUntil: null } },
  { kind: 'wipe-soon', detail: { wipeAt: '2026-02-03T04:05:06.000Z' } },
  { kind: 'webhook-off', detail: { host: 'hooks.example.net', reason: 'failing' } },
  { kind: 'source-unchanged', detail: { problem: 'target-missing' } },
];
const itemOf = (fact: NoticeFact): Item => ({ ...fact, host: 'imap.example.org' });

const SAYS: Readonly<Record<string, RegExp>> = {
  'login-failed': /imap\.example\.org\. The mail server refuses this user name and password/,
  'server-unreachable': /imap\.example\.org\. The mail server cannot be reached/,
  'consent-lost': /No mail is passed on until you renew it/,
  'messages-refused':
    /1 refused by Gmail, 2 uncertain from 2026-01-01 to 2026-01-03\. Senders: unknown \(3\)\./,
  'backlog-finished': /54,321 delivered\./,
  'payment-failed': /back to the free plan/,
  'wipe-soon': /imap\.example\.org: on 2026-02-03\./,
  'webhook-off': /hooks\.example\.net: it has taken nothing for 5 days\./,
  'source-unchanged': /imap\.example\.org\. The folder to move messages to does not exist/,
};

it('says of every kind what happened, what to do and where', () => {
  assert.deepEqual(
    FACTS.map(({ kind }) => kind),
    [...NOTICE_KINDS],
  );
  for (const fact of FACTS) {
    const unsubscribe = isOptional(fact.kind) ? `${URL_BASE}/unsubscribe?kind=${fact.kind}` : null;
    const { subject, text, html } = writeLetter(draftOf(fact.kind, [itemOf(fact)], URL_BASE, unsubscribe));
    assert.ok(subject.length > 10 && subject.length < 78, subject);
    assert.match(text, SAYS[fact.kind] ?? /^$/);
    assert.ok(text.includes(`${URL_BASE}/`));
    assert.equal(text.includes('/unsubscribe'), unsubscribe !== null);
    assert.ok(html.startsWith('<!doctype html>'));
    // Every sentence is in both.
    const words = html.replace(/<style.*?<\/style>|<[^>]+>/gs, ' ').replaceAll('&#39;', "'");
    for (const line of text.split('\n').filter((each) => each.length > 30 && !each.includes('://')))
      assert.ok(words.includes(line.replace(/^- /, '')), line);
  }
});

it('names twenty mailboxes and counts the others', () => {
  const items = Array.from({ length: 25 }, (_, i) => ({
    kind: 'login-failed' as const,
    detail: { fault: null },
    host: `mx${i}.example.org`,
  }));
  const { subject, text } = writeLetter(draftOf('login-failed', items, URL_BASE, null));
  assert.equal(subject, 'Mail servers refuse the login to 25 mailboxes');
  assert.ok(text.includes('mx19.example.org') && !text.includes('mx20.example.org'));
  assert.ok(text.includes('- and 5 more'));
});

it('asks for a sign-in where no password would help', () => {
  const item = (fault: string): Item => ({ kind: 'login-failed', detail: { fault }, host: 'mx.example.org' });
  const write = (...faults: string[]) =>
    writeLetter(draftOf('login-failed', faults.map(item), URL_BASE, null)).text;
  const gone = write('source-consent-gone');
  assert.match(gone, /no longer honours your sign-in there/);
  assert.match(gone, /Sign in again/);
  assert.doesNotMatch(gone, /password/);
  assert.match(write('source-consent-gone', 'login-refused'), /Enter the password again, or sign in/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULT_TEXTS, faultText } from '../../../dashboard/texts/faults.ts';
import { mailboxFaultText } from '../../../dashboard/texts/signed-in-faults.ts';
import { FAULTS } from '../../../src/core/fault.ts';

/** Cured elsewhere: in the wizard, by the plan, in the installation's settings. */
const ELSEWHERE: ReadonlySet<string> = new Set(['setup-unfinished', 'plan-limit', 'source-host-foreign']);
const ACTIONS = ['password', 'sign-in', 'consent', 'retry', 'wait', 'server', 'none'];

test('every fault has its words, and no words are without a fault', () => {
  assert.deepEqual(Object.keys(FAULT_TEXTS).sort(), Object.keys(FAULTS).sort());
  for (const [code, { title, happened, next, action }] of Object.entries(FAULT_TEXTS)) {
    assert.ok(title.length > 4 && title.length <= 50 && !title.endsWith('.'), code);
    assert.match(happened, /^[A-Z].+\.$/, code);
    assert.match(next, /^[A-Z].+\.$/, code);
    assert.ok(ACTIONS.includes(action), code);
  }
});

test('titles tell faults apart', () => {
  const titles = Object.values(FAULT_TEXTS).map(({ title }) => title);
  assert.equal(new Set(titles).size, titles.length);
});

test('a cure that needs the owner is offered where waiting is of no use', () => {
  for (const [code, { scope, retry }] of Object.entries(FAULTS)) {
    const { action } = faultText(code);
    if (scope === 'grant' && retry === 'never') assert.equal(action, 'consent', code);
    if (scope === 'mailbox' && retry === 'never' && !ELSEWHERE.has(code))
      assert.ok(['password', 'sign-in', 'server'].includes(action), code);
    if (retry === 'never') assert.notEqual(action, 'wait', code);
  }
});

test('where one signs in at the provider, nothing speaks of a password or of other servers', () => {
  const oauth = { auth: 'oauth' } as const;
  for (const code of [...Object.keys(FAULTS), 'new-in-next-version']) {
    const { title, happened, next, action } = mailboxFaultText(code, oauth);
    if (code !== 'folder-missing') assert.ok(action !== 'password' && action !== 'server', code);
    assert.doesNotMatch(
      `${title} ${happened} ${next}`,
      /enter (the|your) password|with a password|kind of encryption/i,
    );
    assert.deepEqual(mailboxFaultText(code, {}), faultText(code));
  }
  assert.equal(mailboxFaultText('login-disabled', oauth).action, 'sign-in');
});

test('an unknown code has words too, even one named like a property of objects', () => {
  for (const code of ['new-in-next-version', 'constructor', '__proto__', 'toString'])
    assert.equal(faultText(code).action, 'retry');
});

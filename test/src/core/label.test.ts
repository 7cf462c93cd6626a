import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LONGEST_LABEL, labelNameOf, labelProblem, otherLabelName } from '../../../src/core/label.ts';

const on = (label: string | null, path: readonly string[] | undefined, folderLabels = true) =>
  labelNameOf({ label, folderLabels }, path && { path });

test('one label for the mailbox, one for each folder, or the folder’s below the mailbox’s', () => {
  assert.equal(on('Old mail', ['Work', 'Clients'], false), 'Old mail');
  assert.equal(on(null, ['Work', 'Clients']), 'Work/Clients');
  assert.equal(on('Old mail', ['Work', 'Clients']), 'Old mail/Work/Clients');
  assert.equal(on('Old/mail', ['Work']), 'Old/mail/Work');
  assert.equal(on(null, ['Work'], false), null);
  assert.equal(on('Old mail', undefined), 'Old mail');
});

test('the inbox has no label of its own, and what is below it is not below a label for it', () => {
  assert.equal(on(null, ['INBOX']), null);
  assert.equal(on('Old mail', ['Inbox']), 'Old mail');
  assert.equal(on(null, ['INBOX', 'Work', 'Inbox']), 'Work/Inbox');
  assert.equal(on(null, ['[Gmail]', 'Receipts']), 'Receipts');
});

test('a path is split by the server’s delimiter alone: a slash in a name nests nothing', () => {
  assert.equal(on(null, ['a/b', 'c']), 'a-b/c');
  assert.equal(on(null, ['//', '', ' /x/ ']), '--/-x-');
});

test('Gmail’s own names are avoided where they would be whole names', () => {
  for (const name of ['Sent', 'SPAM', 'trash', 'Drafts', 'CATEGORY_SOCIAL', 'Sent Mail'])
    assert.equal(on(null, [name]), `${name} (imported)`);
  assert.equal(on('Old mail', ['Sent']), 'Old mail/Sent');
  assert.equal(otherLabelName('Gearchiveerd'), 'Gearchiveerd (imported)');
  assert.equal(otherLabelName('C++'), 'C-- (imported)');
  assert.equal(otherLabelName('Sent (imported)'), null);
});

test('hostile names become harmless ones, of a length and a depth that Gmail takes', () => {
  assert.equal(on(null, ['a\r\nb\u0000', '\u202egnp.exe', 'x\t  y']), 'ab/gnp.exe/x y');
  assert.equal(on(null, ['^all', 'a*b', 'c\\d']), '-all/a-b/c-d');
  assert.equal(on(null, ['\u200b\u2060']), null);
  assert.equal(on('Old mail', ['\ud800']), 'Old mail');
  const deep = on(null, Array(1000).fill('x')) ?? '';
  assert.equal(deep.split('/').length, 10);
  for (const path of [['é'.repeat(5000)], ['😀'.repeat(5000)], Array(9).fill('y'.repeat(60))])
    for (const label of [null, 'Old mail', 'z'.repeat(LONGEST_LABEL)]) {
      const name = on(label, path) ?? '';
      assert.ok(name.length > 0 && name.length <= LONGEST_LABEL, name);
      assert.equal(labelProblem(name), null, name);
      assert.ok(name.isWellFormed());
    }
  const joined = 'می‌خواهم'; // with a joiner that belongs to it
  assert.equal(on(null, [joined]), joined);
});

test('what an owner types must be a name that Gmail takes', () => {
  for (const good of ['Old mail', 'Old/Mail/2003', 'Größe & Maß', '旧メール', 'C++', 'Sent by me'])
    assert.equal(labelProblem(good), null, good);
  for (const bad of [
    '',
    '/',
    'a//b',
    '/a',
    'a/',
    ' a',
    'a ',
    'a/ b',
    'Inbox',
    'SENT',
    'category_x',
    'a\nb',
    'x^',
  ])
    assert.notEqual(labelProblem(bad), null, bad);
  assert.notEqual(labelProblem('x'.repeat(226)), null);
});

/** Folders whose names are in modified UTF-7, or in nothing that anybody has specified. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFolderName } from '../../workers/sources/folder-name.ts';
import { addImap, assertArrived, mail, onImap, others } from './stage.ts';

const ALL = { options: { folders: 'all' } } as const;

/** As the server spells them, and as their owner would. */
const PROPER = [
  ['B&APw-cher', 'Bücher'],
  ['~peter/mail/&U,BTFw-/&ZeVnLIqe-', '~peter/mail/台北/日本語'],
  ['&2D3eAA-', '😀'],
  ['R&-D', 'R&D'],
  ['&AOk-t&AOk- &- co', 'été & co'],
  ['100%', '100%'],
] as const;

test('names in modified UTF-7 are shown decoded, and each folder is imported', async (t) => {
  const stage = await onImap(t);
  const held = PROPER.map(([raw], n) => {
    const bytes = mail(`in folder ${n}`, n);
    addImap(stage, bytes, raw);
    return bytes;
  });
  await stage.rest(ALL);
  assertArrived(stage, held);
  assert.deepEqual(
    [...stage.world.books.cursors.keys()].sort(),
    ['INBOX', ...PROPER.map(([, name]) => name)].sort(),
  );
  assert.deepEqual(others(stage), []);
});

test('names that decode to what no book can hold are taken as they are spelled', async (t) => {
  const stage = await onImap(t);
  const names = ['&2D0-', '&3gA-', 'tab&AAk-here', 'nothing&AAA-', '&2D3eAA-&2D0-'];
  const held = names.map((raw, n) => {
    const bytes = mail(`in folder ${n}`, n);
    addImap(stage, bytes, raw);
    return bytes;
  });
  await stage.rest(ALL);
  assertArrived(stage, held);
  const fresh = mail('fresh', 50);
  addImap(stage, fresh, '&2D0-');
  await stage.rest({ options: { folders: ['&2D0-'] } });
  assertArrived(stage, [...held, fresh]);
  assert.deepEqual(others(stage), []);
});

test('a folder is chosen by its decoded name', async (t) => {
  for (const [raw, name] of PROPER) {
    const stage = await onImap(t);
    const bytes = mail(name, 1);
    addImap(stage, bytes, raw);
    addImap(stage, mail('not chosen', 2));
    await stage.rest({ options: { folders: [name] } });
    assertArrived(stage, [bytes]);
  }
});

test('the inbox is chosen in any case of letters, and every folder once', async (t) => {
  for (const folders of [['inbox'], ['Inbox', 'Work', 'INBOX', 'Work']]) {
    const stage = await onImap(t);
    const [inInbox, inWork] = [mail('inbox', 1), mail('work', 2)];
    addImap(stage, inInbox);
    addImap(stage, inWork, 'Work');
    await stage.rest({ options: { folders } });
    assertArrived(stage, folders.length === 1 ? [inInbox] : [inInbox, inWork]);
    assert.deepEqual(others(stage), []);
  }
});

test('names that are not encoded at all, or wrongly, are other folders, and stall none', async (t) => {
  const stage = await onImap(t);
  const names = ['R&D', 'R', 'a&b-c', 'ac', '&AGE-', 'a', 'x&AP', 'x', '&Jjo-&Jjo-', 'Q&A', 'INBOX'];
  const held = names.map((raw, n) => {
    const bytes = mail(`in folder ${n}`, n);
    addImap(stage, bytes, raw);
    return bytes;
  });
  await stage.rest(ALL);
  assertArrived(stage, held);
  const fresh = mail('fresh', 50);
  addImap(stage, fresh, 'R&D');
  await stage.rest(ALL);
  await stage.rest({ options: { folders: ['R&D'] } });
  assertArrived(stage, [...held, fresh]);
  assert.deepEqual(others(stage), []);
});

test('a crash within a folder of such a name is recovered from', async (t) => {
  const stage = await onImap(t);
  const bytes = mail('one', 1);
  addImap(stage, bytes, 'R&D');
  const { world } = stage;
  const { refuse } = world.gmail;
  world.gmail.refuse = () => {
    world.gmail.refuse = refuse;
    throw new Error('the process dies here');
  };
  await stage.visit({ options: { folders: ['R&D'] } });
  world.now += 60_000;
  await stage.rest({ options: { folders: ['R&D'] } });
  assertArrived(stage, [bytes]);
});

test('property: what is encoded is ASCII, and different names differ', () => {
  const seen = new Map<string, string>();
  for (const name of [
    ...PROPER.map(([, proper]) => proper),
    'ÿ',
    '☺☺',
    '\u{10ffff}',
    'a\u0000b',
    '~',
    '&&',
    '&-',
  ]) {
    const encoded = encodeFolderName(name);
    assert.match(encoded, /^[\x20-\x7e]*$/);
    assert.equal(seen.get(encoded), undefined);
    seen.set(encoded, name);
  }
  for (const [raw, name] of PROPER) assert.equal(encodeFolderName(name), raw);
});

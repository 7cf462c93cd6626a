/** Which folders `all` means. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FolderEntry, foldersOf } from '../../../workers/sources/imap-folders.ts';
import { never, setUp, USER } from './imap-fixture.ts';

const entry = (path: string, ...flags: string[]): FolderEntry => ({
  path,
  name: path.split('/').at(-1) ?? '',
  delimiter: '/',
  flags: new Set(flags),
  guess: undefined,
});
const usesOf = (...entries: FolderEntry[]): Record<string, string | null> =>
  Object.fromEntries(foldersOf(entries).map(({ name, use }) => [name, use]));
const wanted = (...entries: FolderEntry[]): string[] =>
  foldersOf(entries).flatMap(({ name, aside }) => (aside ? [] : [name]));

test('uses that the server tells decide, and then names do not', () => {
  assert.deepEqual(
    wanted(
      entry('INBOX'),
      entry('Verworfen', '\\Trash'),
      entry('Verworfen/2020'),
      entry('Verdacht', '\\JUNK'),
      entry('Halbes', '\\Drafts'),
      entry('Spam'),
      entry('Everything', '\\All'),
      entry('Group', '\\Noselect'),
      entry('Verworfenes'),
    ),
    ['INBOX', 'Spam', 'Verworfenes'],
  );
});

test('a name that our books could not hold, or not find again, is left out', () => {
  const names = ['a\0b', 'line\nbreak', 'half \ud800', 'x'.repeat(2_000), 'del\x7f', 'fine', 'é 日本'];
  assert.deepEqual(wanted(...names.map((name) => entry(name))), ['fine', 'é 日本']);
});

test('a great many folders, all of them trash, are judged quickly; more than that are a fault', () => {
  const many = Array.from({ length: 10_000 }, (_, n) => entry(`Folder ${n}/${n}`, '\\Trash'));
  const began = process.cpuUsage();
  assert.deepEqual(wanted(...many), []);
  assert.ok(process.cpuUsage(began).user < 4_000_000);
  assert.throws(() => foldersOf([...many, entry('INBOX')]), { code: 'source-protocol' });
});

test('folders of any depth are judged quickly', () => {
  const deep = Array.from({ length: 10_000 }, (_, n) => entry(`Spam/${n}${'/a'.repeat(240)}`));
  // Its own time, not that of others on the machine.
  const began = process.cpuUsage();
  assert.deepEqual(wanted(entry('Spam'), ...deep.slice(1)), []);
  assert.ok(process.cpuUsage(began).user < 4_000_000);
});

test('without told uses the common names decide, wherever they stand', () => {
  assert.deepEqual(
    wanted(
      entry('INBOX'),
      entry('INBOX/Spam'),
      entry('Deleted Items'),
      entry('Deleted Items/Old'),
      entry('Drafts'),
      entry('Projects/Trash cans'),
      { ...entry('Papierkorb'), guess: '\\Trash' },
    ),
    ['INBOX', 'Projects/Trash cans'],
  );
});

test('all leaves junk, trash and drafts out; a folder that is named is visited whatever it is for', async () => {
  for (const folderFlags of [
    undefined,
    new Map([
      ['Trash', '\\Trash'],
      ['Spam', '\\Junk'],
      ['Entwürfe', '\\Drafts'],
    ]),
  ]) {
    const { server, open } = await setUp({
      also: folderFlags ? ['SPECIAL-USE'] : [],
      ...(folderFlags && { folderFlags }),
    });
    for (const folder of ['Work', 'Trash', 'Spam', 'Drafts'])
      server.append(USER, Buffer.from('Subject: x\r\n\r\n'), { folder });
    const source = await open();
    const all = (await source.folders('all', never)).map(({ name }) => name).sort();
    assert.deepEqual(all, folderFlags ? ['Drafts', 'INBOX', 'Work'] : ['INBOX', 'Work']);
    assert.deepEqual(
      (await source.folders(['Spam'], never)).map(({ name }) => name),
      ['Spam'],
    );
    await source.close();
  }
});

test('uses: what the server tells first, then names, then what a folder lies in', () => {
  assert.deepEqual(
    usesOf(
      entry('inbox'),
      entry('Verdacht', '\\JUNK'),
      entry('Spam'),
      entry('Verdacht/Alt'),
      entry('Kosz'),
      entry('Kosz/Archive'),
      entry('Kosz/Archive/2019'),
      entry('Archive'),
      entry('Archive/2019'),
      entry('Archive/2019/Work'),
      entry('INBOX/Sent Items'),
      entry('INBOX/Work'),
      entry('Alles', '\\All'),
      entry('Alles/Work'),
      entry('Wichtig', '\\Important'),
      entry('Sterne', '\\Flagged'),
      entry('Projects'),
      { ...entry('Zwischenablage'), guess: '\\Drafts' },
    ),
    {
      inbox: 'inbox',
      Verdacht: 'junk',
      Spam: null,
      'Verdacht/Alt': 'junk',
      Kosz: 'trash',
      'Kosz/Archive': 'trash',
      'Kosz/Archive/2019': 'trash',
      Archive: 'archive',
      'Archive/2019': 'archive',
      'Archive/2019/Work': 'archive',
      'INBOX/Sent Items': 'sent',
      'INBOX/Work': null,
      Alles: 'all',
      'Alles/Work': null,
      Wichtig: 'all',
      Sterne: 'flagged',
      Projects: null,
      Zwischenablage: 'drafts',
    },
  );
});

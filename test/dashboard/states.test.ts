/** docs/dashboard.md names a test for each state: it must be there, and no browser test may be missing from the list. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const HERE = new URL('./', import.meta.url).pathname;
const ROW = /^\|.*\| `([\w/-]+\.test\.ts)` \| (.+) \|$/gm;
const TITLE = /^ *test\((['`])(.+?)\1/gm;

const rows = [...readFileSync(new URL('../../docs/dashboard.md', import.meta.url), 'utf8').matchAll(ROW)].map(
  ([, file = '', title = '']) => ({ file, title }),
);

const titlesOf = (file: string): readonly string[] =>
  [...readFileSync(`${HERE}${file}`, 'utf8').matchAll(TITLE)].map(([, , title = '']) => title);

/** Made of a template, a title begins with a name from its file's own table. */
const shows = (file: string, title: string): boolean =>
  titlesOf(file).some((each) => {
    if (!each.startsWith('${')) return each === title;
    const [name = '', rest = ''] = title.split(/(?=: )/, 2);
    return each.includes(rest) && readFileSync(`${HERE}${file}`, 'utf8').includes(`'${name}'`);
  });

test('each state that is listed is shown by a test', () => {
  assert.ok(rows.length > 50, `${rows.length} rows`);
  assert.deepEqual(
    rows.filter(({ file, title }) => !shows(file, title)),
    [],
  );
});

test('each browser test is listed', () => {
  const listed = new Set(rows.map(({ file, title }) => `${file} ${title}`));
  const missing = globSync('*.test.ts', { cwd: HERE })
    .filter((file) => file !== 'states.test.ts')
    .flatMap((file) => titlesOf(file).map((title) => `${file} ${title}`))
    .filter((each) => !each.includes('${') && !listed.has(each));
  assert.deepEqual(missing, []);
});

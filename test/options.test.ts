/** docs/options.md is true: every option is in it with its default, its words in the dashboard, its reasons and its tests. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { AUDIT_REASONS, AUDIT_STATUSES } from '../src/core/audit.ts';
import { DEFAULT_OPTIONS } from '../src/core/mailbox.ts';
import { optionFields } from '../src/http/contract/options.ts';
import { describeApi } from '../src/http/openapi.ts';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const ROW = /^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \| (.+) \|$/gm;
const rows = [...read('docs/options.md').matchAll(ROW)].map(
  ([, name = '', standard = '', shown = '', audit = '', proofs = '']) => ({
    name,
    standard,
    shown,
    audit,
    proofs,
  }),
);
const inTicks = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);

test('every option has its row, in order', () => {
  assert.deepEqual(
    rows.map(({ name }) => name),
    Object.keys(optionFields),
  );
});

test('its default is that of the code', () => {
  for (const { name, standard } of rows) {
    const expected =
      name === 'pollSeconds'
        ? 'POLL_SECONDS'
        : JSON.stringify((DEFAULT_OPTIONS as Record<string, unknown>)[name]);
    assert.equal(inTicks(standard)[0], expected, name);
  }
});

test('its words are in the dashboard', () => {
  const texts = globSync('dashboard/texts/*.ts', { cwd: new URL('..', import.meta.url).pathname })
    .map(read)
    .join('');
  for (const { name, shown } of rows) {
    const words = [...shown.matchAll(/“([^”]+)”/g)].map(([, word = '']) => word);
    assert.ok(words.length > 0, name);
    for (const word of words) assert.ok(texts.includes(`'${word}'`), `${name}: ${word}`);
  }
});

test('its statuses and reasons exist, and none that an option leaves is forgotten', () => {
  const known = new Set<string>([...AUDIT_STATUSES, ...AUDIT_REASONS]);
  const others = new Set<string>([
    'waiting',
    'atSource',
    'GET /api/v1/audit/:id',
    ...Object.keys(optionFields),
  ]);
  for (const { name, audit } of rows)
    for (const word of inTicks(audit)) assert.ok(known.has(word) || others.has(word), `${name}: ${word}`);
  const said = new Set(rows.flatMap(({ audit }) => inTicks(audit)));
  for (const reason of [
    'sender-skipped',
    'over-size-limit',
    'in-another-folder',
    'label-missing',
    'label-refused',
  ])
    assert.ok(said.has(reason), reason);
});

test('its tests are there', () => {
  for (const { name, proofs } of rows) {
    const links = [...proofs.matchAll(/\[([^\]]+)\]\(\.\.\/([^)]+)\)/g)];
    assert.ok(links.length > 0, name);
    for (const [, title = '', file = ''] of links)
      assert.ok(read(file).includes(`'${title}'`), `${name}: ${file}: ${title}`);
  }
});

test('the API’s description says what each is', () => {
  const found = new Map<string, unknown>();
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { options } = (node as { properties?: { options?: { properties?: object } } }).properties ?? {};
    for (const [name, schema] of Object.entries(options?.properties ?? {}))
      if (!found.has(name)) found.set(name, (schema as { description?: unknown }).description);
    Object.values(node).forEach(walk);
  };
  walk(describeApi('https://mail.example.com'));
  for (const name of Object.keys(optionFields)) {
    const text = found.get(name);
    assert.ok(typeof text === 'string' && text.length > 10, `${name}: ${String(text)}`);
  }
});

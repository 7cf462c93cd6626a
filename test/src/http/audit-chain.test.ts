/** The chains over HTTP, and what the documentation's script makes of real exports, whole and tampered with. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as test from 'node:test';
import type { Chain, Mailbox, Verification } from '../../../src/http/api.ts';
import { MAILBOX, sessionFor, startWeb } from '../../http.ts';

const web = await startWeb(test, { dialsPerMinute: 1e9 });
const SCRIPT = new URL('../../../docs/verify-audit.mjs', import.meta.url).pathname;

const ADD = `INSERT INTO audit_entries (user_id, mailbox_id, at, sender_domain, status, reason, size_bytes, delay_ms)
  SELECT $1, $2, now() - n * interval '1 second', (ARRAY['a.example', 'b,"c.example', '=cmd|x'])[1 + n % 3],
    CASE n % 3 WHEN 0 THEN 'failed' ELSE 'delivered' END, CASE n % 3 WHEN 0 THEN 'source-timeout' END, n,
    CASE n % 2 WHEN 0 THEN n END FROM generate_series(1, $3::int) n`;

async function stage(name: string, entries: number) {
  const { browser, userId } = await sessionFor(web, name);
  const { id } = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
  await web.test.asOwner(ADD, [userId, id, entries]);
  const get = <T>(path: string) => browser.json<T>('GET', `/api/v1/mailboxes/${id}/chain${path}`, 200);
  return { browser, userId, id, get };
}

test.test('a chain is read, verified in stretches, and compared with what was kept', async () => {
  const { userId, id, get } = await stage('chained', 50_010);
  const { head, genesis, mailboxId } = await get<Chain>('');
  assert.deepEqual([mailboxId, head.seq], [id, 50_010]);
  const first = await get<Verification>('/verify');
  assert.deepEqual(first, {
    checked: 50_000,
    to: 50_000,
    next: 50_000,
    head,
    broken: null,
    keptIsPart: null,
  });
  const kept = (seq: number, hash: string) => `&keptSeq=${seq}&keptHash=${hash}`;
  const last = await get<Verification>(`/verify?after=50000${kept(head.seq, head.hash)}`);
  const end = { checked: 10, to: 50_010, next: null, head, broken: null };
  assert.deepEqual(last, { ...end, keptIsPart: true });
  for (const [seq, hash, isPart] of [
    [0, genesis, true],
    [7, head.hash, false],
    [60_000, head.hash, false],
  ] as const) {
    const found = await get<Verification>(`/verify?after=50000${kept(seq, hash)}`);
    assert.deepEqual(found, { ...end, keptIsPart: isPart });
  }
  const [entry] = await web.test.asOwner<{ id: string; at: Date }>(
    'UPDATE audit_entries SET size_bytes = 0 WHERE user_id = $1 AND seq = 40000 RETURNING id::text, at',
    [userId],
  );
  const broken = await get<Verification>('/verify');
  assert.deepEqual(
    [broken.next, broken.broken],
    [null, { seq: 40_000, why: 'changed', entryId: entry?.id, at: entry?.at.toISOString() }],
  );
});

test.test('questions that are none are refused', async () => {
  const { browser, id } = await stage('asking', 1);
  for (const query of [
    'after=-1',
    'after=x',
    'keptSeq=1',
    `keptHash=${'a'.repeat(64)}`,
    'keptSeq=1&keptHash=xyz',
    `keptSeq=1&keptHash=${'A'.repeat(64)}`,
    'x=1',
  ])
    await browser.json('GET', `/api/v1/mailboxes/${id}/chain/verify?${query}`, 400);
});

/** What the script prints about a file, and whether it ended well. */
async function judge(content: string, ...kept: string[]): Promise<{ out: string; ok: boolean }> {
  const dir = await mkdtemp(join(tmpdir(), 'audit-'));
  try {
    const file = join(dir, 'export');
    await writeFile(file, content);
    return await new Promise((resolve) => {
      execFile(process.execPath, [SCRIPT, file, ...kept], (error, out) => resolve({ out, ok: !error }));
    });
  } finally {
    await rm(dir, { recursive: true });
  }
}

test.test('the script of the documentation verifies exports offline', async () => {
  const { browser, userId, id, get } = await stage('offline', 40);
  const other = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, {
    body: { ...MAILBOX, username: 'other@example.com' },
  });
  await web.test.asOwner(ADD, [userId, other.id, 20]);
  const { head } = await get<Chain>('');
  const csv = await (await browser.send('GET', '/api/v1/audit.csv?chain=true')).text();
  const json = await (await browser.send('GET', '/api/v1/account/export')).text();
  const whole = `${id}: whole, ends at 40:${head.hash}\n`;
  for (const content of [csv, json, `\ufeff${csv}`, csv.replaceAll('\r\n', '\n').trimEnd()]) {
    const { out, ok } = await judge(content, `${id}:40:${head.hash}`);
    assert.ok(ok && out.includes(whole) && out.includes(`${other.id}: whole, ends at 20:`), out);
  }

  const [names = '', ...lines] = csv.trimEnd().split('\r\n');
  const csvOf = (changed: readonly string[]) => [names, ...changed, ''].join('\r\n');
  const line = (seq: number) =>
    lines.find((each) => new RegExp(`,${id},.*,${seq},[0-9a-f]{64}$`).test(each)) ?? '';
  const edit = (from: string, to: string) => csvOf(lines.map((each) => (each === from ? to : each)));
  const seventh = line(7);
  assert.match(seventh, /delivered/);
  const [eighth, ninth] = [line(8), line(9)];
  const tail = (each: string) => each.split(',').slice(-2).join(',');
  const head_ = (each: string) => each.split(',').slice(0, -2).join(',');
  const all = JSON.parse(json) as { audit: { seq: number }[] };
  const cut = all.audit.filter(({ seq }) => seq !== 40);
  const tampered: readonly [string, string, string][] = [
    ['a changed byte', edit(seventh, seventh.replace('delivered', 'delivereb')), 'WRONG at 7'],
    [
      'a changed hash',
      edit(seventh, `${seventh.slice(0, -1)}${seventh.endsWith('0') ? 1 : 0}`),
      'WRONG at 7',
    ],
    ['a removed line', csvOf(lines.filter((each) => each !== seventh)), 'WRONG at 7'],
    ['the first removed', csvOf(lines.filter((each) => each !== line(1))), 'WRONG at 1'],
    ['a line twice', csvOf([...lines, seventh]), 'WRONG at 8'],
    [
      'the contents of two lines exchanged',
      csvOf(
        lines.map((each) => {
          if (each === eighth) return `${head_(ninth)},${tail(eighth)}`;
          return each === ninth ? `${head_(eighth)},${tail(ninth)}` : each;
        }),
      ),
      'WRONG at 8',
    ],
    ['in JSON', json.replace('"status":"failed"', '"status":"skipped"'), 'WRONG'],
    ['in JSON, the newest of each removed', JSON.stringify({ ...all, audit: cut }), 'WRONG at 40'],
  ];
  for (const [what, content, verdict] of tampered) {
    assert.ok(content !== csv && content !== json, what);
    const { out, ok } = await judge(content);
    assert.ok(!ok && out.includes(verdict), `${what}: ${out}`);
  }
  // The order of the lines in the file says nothing: each has its number.
  assert.ok((await judge(csvOf(lines.toReversed()))).ok);
  // A file that ends early is whole as far as it goes; only who kept the head sees it.
  const short = csvOf(lines.filter((each) => each !== line(40)));
  assert.ok((await judge(short)).ok);
  const known = await judge(short, `${id}:40:${head.hash}`);
  assert.ok(!known.ok && known.out.includes(`${id}: WRONG at 40`), known.out);
  assert.equal((await readFile(SCRIPT, 'utf8')).trimEnd().split('\n').length <= 30, true);
});

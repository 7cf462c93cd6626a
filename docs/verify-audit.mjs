// node verify-audit.mjs <audit.csv | smtp-sync.json> [<mailbox id>:<seq>:<hash> …]    docs/audit-chain.md says what it shows
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const text = readFileSync(process.argv[2], 'utf8').replace(/^\ufeff/, '');
const sha = (...lines) => createHash('sha256').update(lines.join('\n')).digest('hex');
function* readCsv(names, row = []) {
  for (const [, cell, end] of `${text}\n`.matchAll(/("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n)/g)) {
    const bare = cell.replace(/^"|"$/g, '').replaceAll('""', '"');
    row.push(bare.replace(/^'(?='*[=+\-@\t\r])/, ''));
    if (end === ',') continue;
    if (names && row.length > 1) yield Object.fromEntries(names.map((name, i) => [name, row[i]]));
    [names, row] = [names ?? row, []];
  }
}
const all = text.startsWith('{') ? JSON.parse(text) : { audit: readCsv() };
const heads = (all.chains ?? []).map(({ mailboxId, head }) => [mailboxId, head.seq, head.hash]);
const kept = process.argv.slice(3).map((each) => each.split(':'));
const ends = [...heads, ...kept].map(([mailboxId, seq, head]) => ({ mailboxId, seq, head }));
const lines = [...all.audit, ...ends].sort((a, b) => a.seq - b.seq || !!a.head - !!b.head);
for (const id of new Set(lines.map(({ mailboxId }) => mailboxId))) {
  let [at, before, wrong] = [0, sha('smtp-sync audit chain 1', id), ''];
  for (const e of lines.filter(({ mailboxId }) => mailboxId === id)) {
    const told = [e.id, e.at, id, e.status, e.reason ?? '', e.sizeBytes, e.delayMs ?? '', e.senderDomain];
    if (!e.head) [at, before] = [at + 1, sha(before, at + 1, ...told)];
    if (Number(e.seq) !== at || before !== (e.head ?? e.hash)) wrong ||= `WRONG at ${e.head ? e.seq : at}`;
  }
  if (wrong) process.exitCode = 1;
  console.log(`${id}: ${wrong || `whole, ends at ${at}:${before}`}`);
}

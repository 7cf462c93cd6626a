/**
 * `node bench/audit-chain.ts [entries]`: what the chain of the audit log costs. Two durable databases side by side, taking
 * turns: one as it is, one without the chain's triggers, columns' constraints and index. Medians of the ratios within a
 * round. Then the verification of one chain of that many entries (default 200,000).
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_OPTIONS, type MailboxId, type UserId } from '../src/core/mailbox.ts';
import { keyOf, type MessageRef } from '../src/core/message.ts';
import type { Ledger } from '../src/core/ports.ts';
import type { Settlement } from '../src/core/transfer.ts';
import { verifyLinks } from '../src/db/audit-chain.ts';
import { startEmbedded } from '../src/db/embedded.ts';
import { createLedger } from '../src/db/ledger.ts';
import { createMailbox, setState } from '../src/db/mailboxes.ts';
import { migrate } from '../src/db/migrate.ts';
import { type Database, openDatabase } from '../src/db/pool.ts';
import { signIn } from '../src/db/users.ts';
import { familyCpuSeconds } from './proc.ts';

const ENTRIES = Number(process.argv[2] ?? 200_000);
const ROUNDS = 9;
const BATCHES = 40;
const STRETCH = 50_000;

const UNCHAINED = `DROP TRIGGER chain ON audit_entries; DROP TRIGGER head ON audit_entries; DROP INDEX audit_entries_seq;
  ALTER TABLE audit_entries ALTER COLUMN seq DROP NOT NULL, ALTER COLUMN hash DROP NOT NULL;`;

interface Side {
  readonly worker: Database;
  readonly web: Database;
  readonly userId: UserId;
  readonly mailboxId: MailboxId;
  readonly ledger: Ledger;
  readonly cpu: () => number;
}

async function open(stack: AsyncDisposableStack, chained: boolean): Promise<Side> {
  const dir = mkdtempSync(join(tmpdir(), 'smtp-sync-bench-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  // PostgreSQL runs under an account of its own when this is root, and must be able to get there.
  chmodSync(dir, 0o755);
  const server = await startEmbedded(join(dir, 'data'));
  stack.defer(() => server.stop());
  const directory = join(dir, 'migrations');
  cpSync(new URL('../migrations', import.meta.url).pathname, directory, { recursive: true });
  if (!chained) writeFileSync(join(directory, '9999_unchained.sql'), UNCHAINED);
  const { ownerUrl, webUrl, workerUrl } = server;
  const runtimeUrls = [
    { url: webUrl, role: 'web' as const },
    { url: workerUrl, role: 'worker' as const },
  ];
  await migrate({ ownerUrl, runtimeUrls, directory });
  const web = await openDatabase({ url: webUrl, role: 'web', max: 2 });
  stack.defer(() => web.close());
  const worker = await openDatabase({ url: workerUrl, role: 'worker', max: 2 });
  stack.defer(() => worker.close());
  const lease = { ...(await addMailbox(web)), workerId: randomUUID(), epoch: 1n };
  await worker.withTenant(lease.userId, (tx) =>
    tx.query('UPDATE mailboxes SET leased_by = $2, epoch = 1 WHERE id = $1', [
      lease.mailboxId,
      lease.workerId,
    ]),
  );
  const pid = Number(readFileSync(join(dir, 'data/postgres/postmaster.pid'), 'utf8').split('\n')[0]);
  return { web, worker, ...lease, ledger: createLedger(worker, lease), cpu: () => familyCpuSeconds(pid) };
}

async function addMailbox(web: Database): Promise<{ userId: UserId; mailboxId: MailboxId }> {
  const userId = await web.asNobody((tx) => signIn(tx, 'bench', 'bench@gmail.example'));
  const mailboxId = randomUUID() as MailboxId;
  await web.withTenant(userId, async (tx) => {
    await createMailbox(tx, {
      id: mailboxId,
      userId,
      protocol: 'imap',
      host: 'imap.example.org',
      port: 993,
      security: 'tls',
      username: 'someone@example.org',
      options: { ...DEFAULT_OPTIONS, pollSeconds: 3600 },
      sealedPassword: randomBytes(8),
      sealedFingerprintKey: randomBytes(8),
    });
    await setState(tx, mailboxId, 'active', null);
  });
  return { userId, mailboxId };
}

/** Does `count` entries in one transaction. */
type Work = (side: Side, count: number) => Promise<unknown>;

const insert: Work = ({ worker, userId, mailboxId }, count) =>
  worker.withTenant(userId, (tx) =>
    tx.query({ name: 'bench-insert', text: INSERT }, [userId, mailboxId, count]),
  );
const INSERT = `INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, size_bytes, delay_ms)
  SELECT $1, $2, 'd' || n || '.example.org', 'delivered', n, n FROM generate_series(1, $3::int) n`;

let uid = 0;
const settle: Work = ({ ledger }, count) => {
  uid += count;
  return Promise.all(Array.from({ length: count }, (_, n) => ledger.settle(settlementOf(uid - n))));
};

const settlementOf = (n: number): Settlement => {
  const ref: MessageRef = { protocol: 'imap', folder: 'INBOX', uidValidity: 7, uid: n };
  return {
    ref,
    key: keyOf(ref),
    status: 'delivered',
    reason: null,
    senderDomain: `d${n % 2000}.example.org`,
    sizeBytes: 20_000,
    arrivedAt: Date.now(),
    backlog: false,
    fingerprint: randomBytes(16),
  };
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

interface Cost {
  readonly ms: number;
  /** CPU seconds of PostgreSQL. */
  readonly cpu: number;
}

async function measure(side: Side, work: Work, count: number): Promise<Cost> {
  const [start, cpu] = [performance.now(), side.cpu()];
  for (let n = 0; n < BATCHES; n += 1) await work(side, count);
  return { ms: performance.now() - start, cpu: side.cpu() - cpu };
}

async function compare(name: string, sides: readonly [Side, Side], work: Work, count: number): Promise<void> {
  const [chained, plain] = sides;
  for (const side of sides) await measure(side, work, count);
  const rounds: { chained: Cost; plain: Cost }[] = [];
  for (let n = 0; n < ROUNDS; n += 1) {
    const first = await measure(n % 2 ? chained : plain, work, count);
    const second = await measure(n % 2 ? plain : chained, work, count);
    rounds.push(n % 2 ? { chained: first, plain: second } : { chained: second, plain: first });
  }
  const ratio = (of: 'ms' | 'cpu') => median(rounds.map((round) => round.chained[of] / round.plain[of]));
  const micros = median(rounds.map((round) => (round.chained.ms * 1000) / (BATCHES * count)));
  console.log(
    `${name}, ${count} in a transaction: time ${ratio('ms').toFixed(2)}, PostgreSQL's CPU ${ratio('cpu').toFixed(2)} of without` +
      ` (${micros.toFixed(0)} µs an entry)`,
  );
}

async function verify({ web, worker, userId, mailboxId }: Side): Promise<void> {
  const head = async () =>
    (await web.withTenant(userId, (tx) => verifyLinks(tx, mailboxId, 0, 1)))?.head.seq ?? 0;
  for (let left = ENTRIES - (await head()); left > 0; left -= STRETCH)
    await insert({ worker, userId, mailboxId } as Side, Math.min(left, STRETCH));
  const times: number[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const from: number = after;
    const start = performance.now();
    const found = await web.withTenant(userId, (tx) => verifyLinks(tx, mailboxId, from, STRETCH));
    times.push(performance.now() - start);
    if (!found || found.broken) throw new Error('the chain is not whole');
    after = found.checked === STRETCH ? found.to : null;
  }
  const all = times.reduce((sum, each) => sum + each, 0);
  console.log(
    `verified ${(await head()).toLocaleString('en')} entries in ${(all / 1000).toFixed(1)} s, ${times.length} calls, the longest ${Math.max(...times).toFixed(0)} ms`,
  );
}

await using stack = new AsyncDisposableStack();
const sides = [await open(stack, true), await open(stack, false)] as const;
for (const count of [16, 100]) await compare('INSERT', sides, insert, count);
for (const count of [16, 100]) await compare('settle', sides, settle, count);
await verify(sides[0]);

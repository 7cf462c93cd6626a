/**
 * `node bench/repoll.ts [messages]`: mailboxes with 100,000 messages that are all in Gmail, looked at again with nothing new.
 * What a visit of the worker sends and receives, its CPU and its statements, beside the obvious way to find out that nothing
 * is new: every UID and its flags (imapflow), every UIDL (node-pop3), each looked for among those that are known.
 *
 * The books are put into the database as an import leaves them (cursor, ids, counters); the import itself is not run.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import NodePop3 from 'node-pop3';
import { openDatabase } from '../src/db/pool.ts';
import { startChild } from './child.ts';
import type { Box } from './owners.ts';
import { cpuSeconds } from './proc.ts';
import { PASSWORD, type Passed, type RepollPorts, type RepollQuestion, USER } from './repoll-mail.ts';
import { type Stage, setStage } from './stage.ts';
import { countStatements } from './statement-count.ts';

const MESSAGES = Number(process.argv[2] ?? 100_000);
const VISITS = 10;
/** The worker’s own statements: first those of its start go by. */
const SETTLE_MS = 5_000;
const IDLE_MS = 10_000;
const LOOK_MS = 100;

type Protocol = 'imap' | 'pop3';
type Counts = Readonly<Record<Protocol, Passed>>;

interface Cost {
  /** Bytes on the wire, both ways. */
  readonly bytes: number;
  readonly cpuMs: number;
  readonly statements: number;
}

const SEED = {
  imap: {
    name: 'bench-seed-imap',
    text: `INSERT INTO folder_cursors (user_id, mailbox_id, folder, uid_validity, baseline, settled)
      VALUES ($1, $2, 'INBOX', $4, $3::bigint + 1, int8multirange(int8range(1, $3::bigint + 1)))`,
  },
  pop3: {
    name: 'bench-seed-pop3',
    text: `WITH visited AS (INSERT INTO folder_cursors (user_id, mailbox_id, folder, uid_validity, baseline)
        VALUES ($1, $2, 'INBOX', $4::bigint * 0, 0))
      INSERT INTO uidls (user_id, mailbox_id, hash, settled)
      SELECT $1, $2, substr(sha256(convert_to('uidl-' || n, 'LATIN1')), 1, 16), true
      FROM generate_series(1, $3::bigint) AS n`,
  },
} as const;
const COUNTERS = {
  name: 'bench-seed-counters',
  text: `UPDATE mailboxes SET delivered = $2, options = options || '{"pollSeconds": 1}' WHERE id = $1`,
};

async function connectFull(stage: Stage, ports: RepollPorts, protocol: Protocol): Promise<Box> {
  const userId = await stage.owners.add(await stage.grant(`${protocol}-full@gmail.example`));
  const server = { protocol, host: 'localhost', port: ports[protocol], security: 'tls' } as const;
  const box = await stage.owners.connect(userId, server, USER, PASSWORD);
  const worker = await openDatabase({ url: stage.workerUrl, role: 'worker', max: 1 });
  const web = await openDatabase({ url: stage.webUrl, role: 'web', max: 1 });
  try {
    await worker.withTenant(userId, (tx) =>
      tx.query(SEED[protocol], [userId, box.id, MESSAGES, ports.uidValidity]),
    );
    await web.withTenant(userId, (tx) => tx.query(COUNTERS, [box.id, MESSAGES]));
  } finally {
    await Promise.all([worker.close(), web.close()]);
  }
  return box;
}

/** The mean of some visits, less what the worker does anyway. */
async function measure(
  stage: Stage,
  protocol: Protocol,
  box: Box,
  count: () => Promise<Counts>,
): Promise<Cost> {
  await using door = await countStatements(stage.workerUrl);
  await using worker = await stage.startWorker({ DATABASE_URL: door.url });
  const look = () => ({ at: performance.now(), cpu: cpuSeconds(worker.pid), bound: new Map(door.bound) });
  await sleep(SETTLE_MS);
  const quiet = look();
  await sleep(IDLE_MS);
  const before = look();
  const idleCpu = (before.cpu - quiet.cpu) / (before.at - quiet.at);
  await stage.owners.activate([box]);
  // The first visit is another: it counts the whole mailbox, as it does once an hour.
  await untilVisits(count, protocol, 2);
  const [from, began] = [(await count())[protocol], look()];
  const target = from.connections + VISITS;
  await untilVisits(count, protocol, target);
  const [to, ended] = [(await count())[protocol], look()];
  const visits = to.connections - from.connections;
  const ms = ended.at - began.at;
  await stage.owners.remove([box]);
  return {
    bytes: (to.up + to.down - from.up - from.down) / visits,
    cpuMs: ((ended.cpu - began.cpu - idleCpu * ms) * 1_000) / visits,
    statements: sumOfNew(before.bound, began.bound, ended.bound) / visits,
  };
}

/** Of the statements that an idle worker never makes. */
function sumOfNew(
  idle: ReadonlyMap<string, number>,
  began: ReadonlyMap<string, number>,
  ended: ReadonlyMap<string, number>,
): number {
  const own = [...ended].filter(([name]) => !idle.has(name));
  return own.reduce((sum, [name, times]) => sum + times - (began.get(name) ?? 0), 0);
}

async function untilVisits(count: () => Promise<Counts>, protocol: Protocol, wanted: number): Promise<void> {
  while ((await count())[protocol].connections < wanted) await sleep(LOOK_MS);
}

/** How many of a mailbox are new, by the obvious way. */
async function askImap(port: number, ca: string, known: ReadonlySet<number>): Promise<number> {
  const client = new ImapFlow({
    host: 'localhost',
    port,
    secure: true,
    tls: { ca },
    auth: { user: USER, pass: PASSWORD },
    logger: false,
    disableCompression: true,
  });
  await client.connect();
  await client.mailboxOpen('INBOX', { readOnly: true });
  let fresh = 0;
  for await (const { uid } of client.fetch('1:*', { uid: true, flags: true }, { uid: true }))
    if (!known.has(uid)) fresh += 1;
  await client.logout();
  return fresh;
}

async function askPop3(port: number, ca: string, known: ReadonlySet<string>): Promise<number> {
  const client = new NodePop3({
    host: 'localhost',
    port,
    tls: true,
    tlsOptions: { ca },
    user: USER,
    password: PASSWORD,
  });
  const listing = (await client.UIDL()) as readonly (readonly string[])[];
  await client.QUIT();
  return listing.filter(([, uidl = '']) => !known.has(uidl)).length;
}

/** The same for the obvious way, in this process. */
async function measureObvious(
  protocol: Protocol,
  ask: () => Promise<number>,
  count: () => Promise<Counts>,
): Promise<Cost> {
  await ask();
  const from = (await count())[protocol];
  const began = process.cpuUsage();
  for (let visit = 0; visit < 3; visit += 1) if ((await ask()) !== 0) throw new Error('something seemed new');
  const { user, system } = process.cpuUsage(began);
  const to = (await count())[protocol];
  return {
    bytes: (to.up + to.down - from.up - from.down) / 3,
    cpuMs: (user + system) / 3_000,
    statements: 0,
  };
}

function report(protocol: Protocol, ours: Cost, obvious: Cost): void {
  const line = (name: string, { bytes, cpuMs, statements }: Cost): void =>
    console.log(
      `  ${name.padEnd(8)} ${Math.round(bytes).toLocaleString('en').padStart(12)} bytes ${cpuMs.toFixed(1).padStart(9)} ms CPU ${statements.toFixed(1).padStart(7)} statements`,
    );
  console.log(
    `\n${protocol.toUpperCase()}, ${MESSAGES.toLocaleString('en')} messages, nothing new, a visit:`,
  );
  line('ours', ours);
  line('obvious', obvious);
  console.log(
    `  ours : obvious  bytes ${(ours.bytes / obvious.bytes).toPrecision(2)}  CPU ${(ours.cpuMs / obvious.cpuMs).toPrecision(2)}`,
  );
}

await using stage = await setStage();
await using mail = startChild<RepollQuestion, unknown>('repoll-mail.ts');
const ports = (await mail.ask({
  kind: 'start',
  leaf: stage.leaf,
  messages: MESSAGES,
})) as RepollPorts;
const count = async () => (await mail.ask({ kind: 'count' })) as Counts;
const uids = new Set(Array.from({ length: MESSAGES }, (_, n) => n + 1));
const uidls = new Set(Array.from(uids, (n) => `uidl-${n}`));
for (const protocol of ['imap', 'pop3'] as const) {
  const ours = await measure(stage, protocol, await connectFull(stage, ports, protocol), count);
  const obvious = await measureObvious(
    protocol,
    () =>
      protocol === 'imap' ? askImap(ports.imap, stage.caPem, uids) : askPop3(ports.pop3, stage.caPem, uidls),
    count,
  );
  report(protocol, ours, obvious);
}

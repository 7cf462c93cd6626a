/** `node bench/memory.ts`: the worker's peak memory (VmHWM), each case in a worker of its own. */
import type { Server } from '../src/core/mailbox.ts';
import { PASSWORD, POP3_USER } from './mail-process.ts';
import { peakBytes } from './proc.ts';
import { type Stage, setStage } from './stage.ts';

const MB = 1_000_000;
/** What 16 large messages at once may take. */
const AIM_MB = 300;

interface Case {
  readonly name: string;
  readonly protocol: Server['protocol'];
  readonly users: number;
  readonly size: number;
}

const CASES: readonly Case[] = [
  { name: '1 × 1 KB, IMAP', protocol: 'imap', users: 1, size: 1_000 },
  { name: '16 × 100 MB, IMAP', protocol: 'imap', users: 16, size: 100 * MB },
  { name: '1 × 150 MB, IMAP', protocol: 'imap', users: 1, size: 150 * MB },
  { name: '1 × 150 MB, POP3', protocol: 'pop3', users: 1, size: 150 * MB },
];

/** Prints a line a case. */
export async function measureMemory(stage: Stage): Promise<void> {
  console.log('\npeak memory of the worker process');
  for (const each of CASES) {
    const { peak, atOnce, seconds } = await measure(stage, each);
    const aim = each.users > 1 ? `, aim under ${AIM_MB} MB` : '';
    console.log(
      `  ${each.name.padEnd(18)} ${String(Math.round(peak / MB)).padStart(4)} MB${aim}` +
        `   (${atOnce} at once, ${seconds.toFixed(1)} s)`,
    );
  }
}

async function measure(stage: Stage, { name, protocol, users, size }: Case) {
  const names = Array.from({ length: users }, (_, n) => (protocol === 'pop3' ? POP3_USER : `${name}-${n}`));
  if (protocol === 'pop3') await stage.mail.ask({ kind: 'pop3', size });
  else await stage.mail.ask({ kind: 'fill', users: names, sizes: [size] });
  const server = { protocol, host: 'localhost', port: stage.ports[protocol], security: 'tls' } as const;
  await stage.reset(0);
  await using worker = await stage.startWorker();
  const boxes = [];
  for (const [n, username] of names.entries()) {
    const userId = await stage.owners.add(await stage.grant(`large-${n}@gmail.example`));
    boxes.push(await stage.owners.connect(userId, server, username, PASSWORD));
  }
  await stage.owners.activate(boxes);
  const { ms, atOnce } = await stage.arrivals(users);
  await stage.owners.untilDelivered(boxes, 1);
  const peak = peakBytes(worker.pid);
  await stage.owners.remove(boxes);
  return { peak, atOnce, seconds: ms / 1000 };
}

if (import.meta.main) {
  await using stage = await setStage();
  await measureMemory(stage);
}

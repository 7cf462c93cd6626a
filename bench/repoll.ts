/**
 * `npm run bench:repoll -- [--messages 100000] [--protocol imap|pop3]`: a mailbox with that many messages on a real Dovecot is imported by the worker,
 * over IMAP and then over POP3; each message must be in Gmail once. Then it is looked at again with nothing new: bytes, CPU,
 * memory and statements of a visit, beside the obvious way to find out that nothing is new. Always ends: in time, or
 * with an error.
 */
import { parseArgs } from 'node:util';
import { startChild } from './child.ts';
import type { DoorQuestion, Passed } from './doors.ts';
import { PASSWORD, startFullMailbox, USER } from './full-mailbox.ts';
import { startProgress } from './progress.ts';
import { importAll, measureObvious, measureVisits, type Scene } from './repoll-measure.ts';
import type { Look } from './repoll-obvious.ts';
import { reportImport, reportVisits } from './repoll-report.ts';
import { setStage } from './stage.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '100000' },
    protocol: { type: 'string', multiple: true, default: ['imap', 'pop3'] },
  },
});
const MESSAGES = Number(values.messages);
/** A machine that imports 30 a second, over two protocols, and some minutes for all else. */
const PATIENCE_MS = 600_000 + (MESSAGES * 2_000) / 30;

async function main(signal: AbortSignal): Promise<void> {
  if (!Number.isSafeInteger(MESSAGES) || MESSAGES < 1) throw new Error('--messages takes a number');
  await using stage = await setStage();
  const written = startProgress('written into the mailbox', MESSAGES);
  await using mailbox = await startFullMailbox(stage.leaf, MESSAGES, written.show, signal);
  written.end();
  await using doors = startChild<DoorQuestion, unknown>('doors.ts');
  await using obvious = startChild<Look, unknown>('repoll-obvious.ts', stage.trust);
  for (const protocol of ['imap', 'pop3'] as const) {
    if (!values.protocol.includes(protocol)) continue;
    const email = `${protocol}-full@gmail.example`;
    const port = (await doors.ask({ kind: 'open', port: mailbox[protocol] })) as number;
    const server = { protocol, host: 'localhost', port, security: 'tls' } as const;
    const userId = await stage.owners.add(await stage.grant(email));
    const box = await stage.owners.connect(userId, server, USER, PASSWORD);
    const passed = async () => (await doors.ask({ kind: 'count', door: port })) as Passed;
    const scene: Scene = { stage, protocol, box, email, messages: MESSAGES, passed, signal };
    reportImport(scene, await importAll(scene), mailbox.bytes);
    const ours = await measureVisits(scene);
    const look = async () => (await obvious.ask({ protocol, port })) as number;
    reportVisits(scene, ours, await measureObvious(scene, obvious.pid, look));
  }
}

const ending = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => ending.abort(new Error(`ended by ${name}`)));
const overtime = setTimeout(() => ending.abort(new Error('out of time')), PATIENCE_MS);
try {
  await main(ending.signal);
} catch (error) {
  console.error(ending.signal.aborted ? String(ending.signal.reason) : error);
  process.exitCode = 1;
} finally {
  clearTimeout(overtime);
}

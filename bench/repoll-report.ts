/** What `npm run bench:repoll` prints. */
import type { Cost, Imported, Scene } from './repoll-measure.ts';

const MB = 1_000_000;
const whole = (n: number): string => Math.round(n).toLocaleString('en');
const two = (n: number): string => n.toPrecision(2);

export function reportImport({ protocol, messages }: Scene, imported: Imported, bytes: number): void {
  const { seconds, worker, postgres, peak, visits, down } = imported;
  console.log(`\n${protocol.toUpperCase()}: ${whole(messages)} messages imported, none lost, none twice`);
  console.log(
    `  ${whole(messages / seconds)} a second; CPU per 1,000: worker ${two((worker * 1_000) / messages)} s,` +
      ` PostgreSQL ${two((postgres * 1_000) / messages)} s; peak ${whole(peak / MB)} MB;` +
      ` ${visits} sessions, bytes from the server : bytes of the messages ${two(down / bytes)}`,
  );
}

const COLUMNS = ['in', 'out', 'CPU ms', '+ PostgreSQL', 'ms', 'statements', 'peak MB'];
const WIDTH = 13;

const cellsOf = ({ up, down, cpuMs, postgresMs, ms, statements, peak }: Cost): readonly string[] => [
  whole(down),
  whole(up),
  cpuMs.toFixed(1),
  (cpuMs + postgresMs).toFixed(1),
  whole(ms),
  statements.toFixed(1),
  whole(peak / MB),
];

const line = (name: string, cells: readonly string[]): void =>
  console.log(`  ${name.padEnd(14)}${cells.map((cell) => cell.padStart(WIDTH)).join('')}`);

export function reportVisits({ protocol, messages }: Scene, ours: Cost, obvious: Cost): void {
  console.log(
    `\n${protocol.toUpperCase()}: ${whole(messages)} messages looked at again, nothing new, a visit`,
  );
  line('', COLUMNS);
  line('ours', cellsOf(ours));
  line('obvious', cellsOf(obvious));
  line('ours : obvious', [
    two(ours.down / obvious.down),
    two(ours.up / obvious.up),
    two(ours.cpuMs / obvious.cpuMs),
    two((ours.cpuMs + ours.postgresMs) / obvious.cpuMs),
    two(ours.ms / obvious.ms),
    '',
    two(ours.peak / obvious.peak),
  ]);
  console.log();
}

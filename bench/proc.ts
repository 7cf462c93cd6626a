/** What Linux knows of processes (proc(5)). */
import { readdirSync, readFileSync } from 'node:fs';

/** Linux has answered 100 to sysconf(_SC_CLK_TCK) on every architecture for decades. */
const TICKS_PER_SECOND = 100;

/** Fields of /proc/<pid>/stat from the third on; null when the process is gone. */
function statOf(pid: number): readonly string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is a name in parentheses that may hold anything.
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

const sum = (fields: readonly string[], from: number, to: number): number =>
  fields.slice(from - 3, to - 2).reduce((total, field) => total + Number(field), 0);

/** CPU seconds, user and system, of one process with all its threads. */
export function cpuSeconds(pid: number): number {
  const stat = statOf(pid);
  return stat ? sum(stat, 14, 15) / TICKS_PER_SECOND : 0;
}

/** The same of a process, its children that live, and those that have ended. */
export function familyCpuSeconds(parent: number): number {
  const own = statOf(parent);
  let ticks = own ? sum(own, 14, 17) : 0;
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : null;
    if (Number(stat?.[1]) === parent && stat) ticks += sum(stat, 14, 15);
  }
  return ticks / TICKS_PER_SECOND;
}

/** The most memory that a process ever had resident, in bytes (VmHWM). */
export function peakBytes(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1]) * 1024;
}

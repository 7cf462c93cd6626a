/** `cli/smtp-sync` as a user starts it, with a home of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

const COMMAND = new URL('../../cli/smtp-sync', import.meta.url).pathname;
/** No command of a test takes longer; then it is killed, and its code is null. */
const PATIENCE_MS = 60_000;

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome>;
  /** Resolves once stdout, or stderr, holds the text. */
  says(text: string): Promise<void>;
}

export interface Home {
  readonly directory: string;
  run(args: readonly string[], input?: string, env?: Readonly<Record<string, string>>): Promise<Outcome>;
  start(args: readonly string[], input?: string, env?: Readonly<Record<string, string>>): Started;
  /** On a terminal of its own, where it is asked what to type when the text shows. */
  onTerminal(args: readonly string[], answers: Readonly<Record<string, string>>): Promise<Outcome>;
}

export function createHome(env: Readonly<Record<string, string>> = {}): Home {
  const directory = mkdtempSync(join(tmpdir(), 'smtp-sync-cli-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const environment = { PATH: process.env.PATH ?? '', HOME: directory, TERM: 'xterm', ...env };
  const start: Home['start'] = (args, input, more = {}) => {
    const child = spawn(COMMAND, args, { env: { ...environment, ...more }, stdio: 'pipe' });
    // Left open without input: a command that waits for some hangs, and the test shows it.
    if (input !== undefined) child.stdin?.on('error', () => {}).end(input);
    return watch(child);
  };
  return {
    directory,
    start,
    run: (args, input = '', more) => start(args, input, more).ended,
    async onTerminal(args, answers) {
      const quoted = [COMMAND, ...args].map((part) => `'${part.replaceAll("'", "'\\''")}'`).join(' ');
      const child = spawn('script', ['-qec', quoted, '/dev/null'], { env: environment, stdio: 'pipe' });
      const started = watch(child);
      for (const [question, answer] of Object.entries(answers)) {
        await started.says(question);
        child.stdin?.write(`${answer}\r`);
      }
      const outcome = await started.ended;
      return outcome;
    },
  };
}

function watch(child: ChildProcess): Started {
  let out = '';
  let err = '';
  const watchers = new Set<() => void>();
  const note = (): void => {
    for (const look of watchers) look();
  };
  child.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8');
    note();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    err += chunk.toString('utf8');
    note();
  });
  const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  const ended = once(child, 'close').then(([code]): Outcome => {
    clearTimeout(late);
    return { code: code as number | null, out, err };
  });
  const says = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!`${out}\n${err}`.includes(text)) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
      void ended.then(() => reject(new Error(`it never said ${text}:\n${out}\n${err}`)));
    });
  return { child, ended, says };
}

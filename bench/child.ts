/** Parts of a benchmark in processes of their own, so that each one's CPU is its own. One question at a time. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export interface Child<Question, Answer> {
  readonly pid: number;
  ask(question: Question): Promise<Answer>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** `file` is relative to here and calls `serve`. */
export function startChild<Question extends object, Answer>(
  file: string,
  env: Readonly<Record<string, string>> = {},
): Child<Question, Answer> {
  const child = fork(new URL(file, import.meta.url).pathname, { env: { ...env }, serialization: 'advanced' });
  return {
    pid: child.pid ?? 0,
    ask: async (question) => {
      child.send(question);
      return (await answerOf(child)) as Answer;
    },
    async [Symbol.asyncDispose]() {
      await end(child, 'SIGKILL');
    },
  };
}

function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error('a part of the benchmark ended early'));
    child.once('exit', onExit);
    child.once('message', (answer) => {
      child.off('exit', onExit);
      resolve(answer);
    });
  });
}

export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

/** The child's side. It ends with its parent. */
export function serve<Question, Answer>(answer: (question: Question) => Promise<Answer>): void {
  process.once('disconnect', () => process.exit());
  process.on('message', (question) => {
    answer(question as Question).then(
      (value) => process.send?.(value ?? null),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}

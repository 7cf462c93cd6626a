/** What a person sees and types. Results go to stdout, everything else to stderr, so that a pipe gets results alone. */
import { createInterface } from 'node:readline/promises';
import { Failure, misused } from './failure.ts';
import { jsonLine, safe } from './text.ts';

type Colour = 'green' | 'red' | 'yellow' | 'dim';
const CODES: Readonly<Record<Colour, number>> = { green: 32, red: 31, yellow: 33, dim: 2 };
/** Lengths of what may be typed or piped in. */
const MAX_LINE = 4_096;
const BAR = 24;

export interface Terminal {
  /** Whether results are wanted as JSON, one value a line. */
  readonly json: boolean;
  /** Whether somebody is there to answer. */
  readonly interactive: boolean;
  /** A result: as JSON, or as these lines, of which only what `paint` has added acts on a terminal. */
  result(value: unknown, ...lines: readonly string[]): void;
  /** What happens meanwhile; for people alone. */
  note(line: string): void;
  /** A bar in place of the one before; null takes it away. Nothing where no terminal is. */
  progress(label: string | null, done?: number, of?: number): void;
  paint(colour: Colour, text: string): string;
  /** An answer, without line end. Failure where nobody is there. */
  ask(question: string): Promise<string>;
  /** The same, not shown; where nobody is there, the first line of stdin. */
  askSecret(question: string): Promise<string>;
}

export function createTerminal(
  { json, plain }: { readonly json: boolean; readonly plain: boolean },
  signal: AbortSignal,
): Terminal {
  const { stdin, stdout, stderr } = process;
  const colours = !plain && !json && stdout.isTTY === true;
  const bars = !json && stderr.isTTY === true;
  const interactive = stdin.isTTY === true && stderr.isTTY === true;
  let drawn = false;
  const wipe = (): void => {
    if (drawn) stderr.write('\r\x1b[K');
    drawn = false;
  };
  return {
    json,
    interactive,
    result(value, ...lines) {
      wipe();
      if (json) stdout.write(`${jsonLine(value)}\n`);
      else for (const line of lines) stdout.write(`${colours ? safePainted(line) : safe(line)}\n`);
    },
    note(line) {
      // A program that wants JSON reads errors there, and nothing else.
      if (json && stderr.isTTY !== true) return;
      wipe();
      stderr.write(`${safe(line)}\n`);
    },
    progress(label, done = 0, of = 0) {
      if (!bars) return;
      wipe();
      if (label === null) return;
      const filled = of === 0 ? 0 : Math.min(BAR, Math.floor((BAR * done) / of));
      const bar = `[${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}]`;
      const line = `${bar} ${done.toLocaleString('en')}/${of.toLocaleString('en')} ${safe(label)}`;
      stderr.write(line.slice(0, Math.max(20, (stderr.columns || 80) - 1)));
      drawn = true;
    },
    paint: (colour, text) => (colours ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text),
    async ask(question) {
      if (!interactive) throw misused(`${question} has to be given: nobody is there to ask.`);
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        return (await lines.question(`${safe(question)}: `, { signal })).trim();
      } finally {
        lines.close();
      }
    },
    askSecret: (question) => (interactive ? readHidden(question, signal) : readPiped(question, signal)),
  };
}

/** What `paint` puts around a text. */
const PAINT = /(\x1b\[(?:0|2|31|32|33)m)/;
const safePainted = (line: string): string =>
  line
    .split(PAINT)
    .map((part, at) => (at % 2 === 1 ? part : safe(part)))
    .join('');

/** Key by key, so that nothing is echoed: what was typed is nowhere but in the answer. */
async function readHidden(question: string, signal: AbortSignal): Promise<string> {
  const { stdin, stderr } = process;
  // Before the question, so that not even a fast answer is echoed.
  stdin.setRawMode(true);
  stderr.write(`${safe(question)} (not shown): `);
  let typed = '';
  try {
    for await (const chunk of stdin.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      for (const char of chunk.toString('utf8')) {
        if (char === '\r' || char === '\n') return typed;
        if (char === '\x03' || char === '\x04') throw new Failure('Nothing was entered.', 130);
        if (char === '\x7f' || char === '\b') typed = [...typed].slice(0, -1).join('');
        else if (typed.length < MAX_LINE) typed += char;
      }
    }
    throw new Failure('Nothing was entered.');
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}

async function readPiped(what: string, signal: AbortSignal): Promise<string> {
  let text = '';
  const stdin = process.stdin.iterator({ destroyOnReturn: true }) as AsyncIterable<Buffer>;
  for await (const chunk of stdin) {
    signal.throwIfAborted();
    text += chunk.toString('utf8');
    if (text.includes('\n')) break;
    if (text.length > MAX_LINE) throw new Failure(`${what}: what came in is too long.`);
  }
  const [line = ''] = text.split(/\r?\n/, 1);
  if (line === '') throw misused(`${what} has to come on stdin, as one line.`);
  return line;
}

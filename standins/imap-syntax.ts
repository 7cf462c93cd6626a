/** Reading IMAP commands (RFC 3501 §9), as much of the grammar as the stand-in server speaks. */
import type { Socket } from 'node:net';

/** Strings come decoded; parentheses are tokens of their own; `BODY.PEEK[…]<0.10>` is one token. */
export interface Command {
  readonly tag: string;
  /** Upper case; `UID FETCH` counts as one name. */
  readonly name: string;
  readonly args: readonly string[];
}

const TOKEN = /[()]|"((?:\\.|[^"\\])*)"|\0(\d+)\0|[^\s()"[\]]+(?:\[[^\]]*\])?(?:<[\d.]+>)?/g;

function parseCommand(line: string, literals: readonly string[]): Command {
  const tokens = [...line.matchAll(TOKEN)].map(([text, quoted, literal]) => {
    if (quoted !== undefined) return quoted.replace(/\\(.)/g, '$1');
    return literal === undefined ? text : (literals[Number(literal)] ?? '');
  });
  const [tag = '', first = '', second = '', ...rest] = tokens;
  const name = first.toUpperCase();
  if (name === 'UID') return { tag, name: `UID ${second.toUpperCase()}`, args: rest };
  return { tag, name, args: tokens.slice(2) };
}

/** Lines and literals off a socket. Pulls, so that a socket can change hands for STARTTLS between commands. */
export class CommandReader {
  readonly #socket: Socket;
  #buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** False at the end of the stream. */
  async #fill(): Promise<boolean> {
    for (;;) {
      const chunk: Buffer | null = this.#socket.read();
      if (chunk) {
        this.#buffer = Buffer.concat([this.#buffer, chunk]);
        return true;
      }
      if (this.#socket.destroyed || this.#socket.readableEnded) return false;
      await new Promise<void>((resolve) => {
        const events = ['readable', 'end', 'close', 'error'];
        const done = () => {
          for (const event of events) this.#socket.off(event, done);
          resolve();
        };
        for (const event of events) this.#socket.on(event, done);
      });
    }
  }

  async #take(length: number): Promise<Buffer | null> {
    while (this.#buffer.length < length) if (!(await this.#fill())) return null;
    const taken = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return taken;
  }

  /** One line without its CRLF; null at the end of the stream. */
  async line(): Promise<string | null> {
    for (;;) {
      const end = this.#buffer.indexOf('\r\n');
      if (end >= 0) return (await this.#take(end + 2))?.subarray(0, end).toString('utf8') ?? null;
      if (!(await this.#fill())) return null;
    }
  }

  /** One command with its literals; null at the end of the stream. */
  async command(): Promise<Command | null> {
    const literals: string[] = [];
    let text = '';
    for (;;) {
      const line = await this.line();
      if (line === null) return null;
      const marker = /\{(\d+)(\+?)\}$/.exec(line);
      if (!marker) return parseCommand(text + line, literals);
      if (marker[2] === '') this.#socket.write('+ go on\r\n');
      const literal = await this.#take(Number(marker[1]));
      if (!literal) return null;
      text += `${line.slice(0, marker.index)}\0${literals.length}\0`;
      literals.push(literal.toString('utf8'));
    }
  }
}

/** The test for a sequence set such as `1:4,7,9:*`; `highest` is what `*` stands for. */
export function parseSet(set: string, highest: number): (number: number) => boolean {
  const ranges = set.split(',').map((range) => {
    const ends = range.split(':').map((end) => (end === '*' ? highest : Number(end)));
    return { first: Math.min(...ends), last: Math.max(...ends) };
  });
  return (number) => ranges.some(({ first, last }) => number >= first && number <= last);
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `17-Jul-1996 02:44:25 +0000` */
export function formatDateTime(at: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${two(at.getUTCDate())}-${MONTHS[at.getUTCMonth()]}-${at.getUTCFullYear()}`;
  return `${day} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`;
}

/** The UTC midnight that begins a day such as `17-Jul-1996`, in ms. */
export function parseDay(day: string): number {
  const [date, month, year] = day.split('-');
  return Date.UTC(Number(year), MONTHS.indexOf(month ?? ''), Number(date));
}

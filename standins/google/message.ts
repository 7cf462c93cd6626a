/** What Gmail looks at in a message before it takes it. Only the header block is kept, capped. */
import addressparser from 'nodemailer/lib/addressparser';

const HEADER_CAP = 262_144;

export interface MessageCheck {
  update(chunk: Buffer): void;
  /** Why Gmail refuses the message; null: it takes it. */
  refusal(): string | null;
  /** A header's unfolded values in order; names are case-insensitive. */
  header(name: string): string[];
  /** All bytes, when they were to be kept and were not too many. */
  whole(): Buffer | null;
  /** Lets go of what was kept. */
  forget(): void;
}

/** `keepBytes`: messages up to this size are kept whole. */
export function createMessageCheck(keepBytes: number): MessageCheck {
  const cap = Math.max(HEADER_CAP, keepBytes);
  let kept: Buffer[] = [];
  let size = 0;
  let nul = false;
  let fields: [string, string][] | null = null;
  const parsed = (): [string, string][] => {
    fields ??= parseHeaders(Buffer.concat(kept).toString('latin1', 0, HEADER_CAP));
    return fields;
  };
  const header = (name: string): string[] =>
    parsed().flatMap(([field, value]) => (field === name.toLowerCase() ? [value] : []));
  return {
    header,
    update(chunk) {
      nul ||= chunk.includes(0);
      // A copy: the chunk is a view of a network buffer that would be kept alive whole.
      if (size < cap) kept.push(Buffer.from(chunk.subarray(0, cap - size)));
      size += chunk.length;
      fields = null;
    },
    whole: () => (size <= keepBytes ? Buffer.concat(kept) : null),
    forget() {
      kept = [];
      fields = [];
    },
    refusal() {
      if (nul) return 'Invalid message: NUL byte not allowed';
      const from = header('from');
      if (from.length !== 1) return "Expected a single 'From' header";
      return from.every(hasAddress) ? null : 'Invalid From header';
    },
  };
}

/** RFC 5322 §2.2: fields up to the first empty line, folded lines joined. */
function parseHeaders(text: string): [string, string][] {
  const end = /^\r?\n|\r?\n\r?\n/.exec(text);
  const block = end ? text.slice(0, end.index) : text;
  const out: [string, string][] = [];
  for (const line of block.replace(/\r?\n(?=[ \t])/g, '').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) out.push([line.slice(0, colon).trimEnd().toLowerCase(), line.slice(colon + 1).trim()]);
  }
  return out;
}

function hasAddress(value: string): boolean {
  const addresses = addressparser(value, { flatten: true });
  return addresses.length > 0 && addresses.every(({ address }) => /^[^@]+@[^@\s]+$/.test(address));
}

/** RFC 2047 encoded words, for people to read; what cannot be decoded stays as it is. */
export function decodeWords(value: string): string {
  const joined = value.replace(/(\?=)\s+(?==\?)/g, '$1');
  return joined.replace(/=\?([^?]+)\?([bq])\?([^?]*)\?=/gi, (word, charset, encoding, text) => {
    const bytes = /b/i.test(encoding)
      ? Buffer.from(text, 'base64')
      : Buffer.from(
          text
            .replaceAll('_', ' ')
            .replace(/=([0-9a-f]{2})/gi, (_: string, hex: string) =>
              String.fromCharCode(Number.parseInt(hex, 16)),
            ),
          'latin1',
        );
    try {
      return new TextDecoder(charset).decode(bytes);
    } catch {
      return word;
    }
  });
}

/** internalDate as Gmail sets it: ms since the epoch, the time of the import when the header says nothing usable. */
export function internalDateOf(
  check: MessageCheck,
  source: 'dateHeader' | 'receivedTime',
  now: number,
): number {
  const text =
    source === 'dateHeader' ? check.header('date')[0] : check.header('received')[0]?.split(';').at(-1);
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? now : time;
}

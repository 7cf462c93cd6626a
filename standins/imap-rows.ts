/** One message as the stand-in IMAP server answers FETCH (RFC 3501 §7.4.2). */
import type { StoredFolder, StoredMessage } from './imap-store.ts';
import { formatDateTime } from './imap-syntax.ts';
import type { ImapTricks } from './imap-tricks.ts';

export interface Output {
  readonly tricks: ImapTricks;
  readonly changes: string[];
  readonly readOnly: boolean;
  /** Text is sent as a line, bytes as they are. Resolves when the client can take more. */
  say(line: string | Uint8Array): Promise<void>;
  /** Ends the connection after what was said. */
  cut(): void;
}

/** `items` are upper case, e.g. `BODY.PEEK[]<0.1024>`; those that the server does not know are left out. */
export async function writeRow(
  output: Output,
  seq: number,
  message: StoredMessage,
  items: readonly string[],
): Promise<void> {
  const { tricks, say } = output;
  let text = `* ${seq} FETCH (UID ${message.uid}`;
  for (const item of items) {
    if (item === 'RFC822.SIZE') text += ` ${item} ${tricks.claimSize?.(message) ?? message.bytes.length}`;
    else if (item === 'INTERNALDATE') text += ` ${item} "${formatDateTime(message.at)}"`;
    else if (item === 'FLAGS') text += ` FLAGS (${[...message.flags].join(' ')})`;
    else if (item.startsWith('BODY')) {
      const { label, bytes } = bodyOf(output, message, item);
      if (!bytes) {
        text += ` ${label} NIL`;
        continue;
      }
      await say(Buffer.from(`${text} ${label} {${bytes.length}}\r\n`));
      text = '';
      if (tricks.cutAt !== undefined && bytes.length > tricks.cutAt) {
        await say(bytes.subarray(0, tricks.cutAt));
        return output.cut();
      }
      await say(bytes);
    }
  }
  await say(`${text})`);
}

function bodyOf(
  { tricks, changes, readOnly }: Output,
  message: StoredMessage,
  item: string,
): { label: string; bytes: Uint8Array | null } {
  if (!item.startsWith('BODY.PEEK') && !readOnly) {
    message.flags.add('\\Seen');
    changes.push('\\Seen');
  }
  if (item.endsWith('[HEADER]')) {
    const end = Buffer.from(message.bytes).indexOf('\r\n\r\n');
    return {
      label: 'BODY[HEADER]',
      bytes: end < 0 ? message.bytes : message.bytes.subarray(0, end + 4),
    };
  }
  const range = /<(\d+)\.(\d+)>$/.exec(item);
  if (!range || tricks.ignoreRanges) return { label: 'BODY[]', bytes: message.bytes };
  const start = Number(range[1]);
  const length = Math.min(Number(range[2]), tricks.shortPieces ?? Number.POSITIVE_INFINITY);
  const bytes = tricks.nilAt === start ? null : message.bytes.subarray(start, start + length);
  return { label: `BODY[]<${start}>`, bytes };
}

/** The answer to STATUS. `sized`: with RFC 8438's SIZE. */
export function statusRow(name: string, { messages }: StoredFolder, sized: boolean): string {
  const size = messages.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return `* STATUS "${name}" (MESSAGES ${messages.length}${sized ? ` SIZE ${size}` : ''})`;
}

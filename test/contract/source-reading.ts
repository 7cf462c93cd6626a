/** What the source contract does with listings and bodies. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { addUids, type Cursor } from '../../src/core/cursor.ts';
import { isFault } from '../../src/core/fault.ts';
import type { Protocol } from '../../src/core/mailbox.ts';
import { hashUidl, type Listed } from '../../src/core/message.ts';
import type { Source } from '../../src/core/ports.ts';

export const never = new AbortController().signal;
export const mail = (n: number): Buffer =>
  Buffer.from(`From: a@example.com\r\nSubject: ${n}\r\n\r\nmessage ${n}\r\n`);
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** POP3 ends every message with CRLF (RFC 1939 §3), so one that had none has it then. */
export function asServed(bytes: Buffer, protocol: Protocol): Buffer {
  const ended = bytes.subarray(-2).equals(Buffer.from('\r\n'));
  return protocol === 'pop3' && !ended ? Buffer.concat([bytes, Buffer.from('\r\n')]) : bytes;
}

export async function readAll(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) {
    chunks.push(Uint8Array.from(chunk));
    // As the engine does: a chunk belongs to its consumer.
    chunk.fill(0);
  }
  return Buffer.concat(chunks);
}

/** Bodies, or fault codes, by message key. */
export async function fetchAll(
  source: Source,
  messages: readonly Listed[],
): Promise<Map<string, Buffer | string>> {
  const found = new Map<string, Buffer | string>();
  for await (const { message, body } of source.fetch(messages, never)) {
    assert.ok(!found.has(message.key), 'every message comes once');
    found.set(
      message.key,
      await readAll(body).catch((error: unknown) => (isFault(error) ? error.code : Promise.reject(error))),
    );
  }
  return found;
}

export const subjects = (found: Map<string, Buffer | string>, messages: readonly Listed[]): string[] =>
  messages.map(({ key }) => {
    const body = found.get(key);
    return typeof body === 'string'
      ? body
      : (/Subject: (\d+)/.exec(body?.toString('latin1') ?? '')?.[1] ?? 'none');
  });

export function settle(cursor: Cursor, messages: readonly Listed[]): Cursor {
  const refs = messages.map(({ ref }) => ref);
  if (cursor.protocol === 'imap') {
    const uids = refs.flatMap((ref) => (ref.protocol === 'imap' ? [ref.uid] : []));
    return { ...cursor, settled: addUids(cursor.settled, uids) };
  }
  const hashes = refs.flatMap((ref) => (ref.protocol === 'pop3' ? [hashUidl(ref.uidl)] : []));
  return {
    ...cursor,
    settled: new Set([...cursor.settled, ...hashes]),
    backlog: new Set([...cursor.backlog].filter((hash) => !hashes.includes(hash))),
  };
}

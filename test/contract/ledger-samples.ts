/** Messages, cursors and outcomes for tests of ledgers. */
import type { AuditStatus } from '../../src/core/audit.ts';
import type { Cursor, ImapCursor } from '../../src/core/cursor.ts';
import { hashUidl, keyOf, type MessageRef } from '../../src/core/message.ts';
import type { Intent, Postponement, RepairOrder, Settlement } from '../../src/core/transfer.ts';

export const RUN_KEY = '7e2c1f9a-3f54-4b7e-9a63-0d6c5a1b2c3d';
export const SEALED = new Uint8Array([9, 8, 7]);

export const imapRef = (uid: number, uidValidity = 7): MessageRef => ({
  protocol: 'imap',
  folder: 'INBOX',
  uidValidity,
  uid,
});
export const pop3Ref = (uidl: string): MessageRef => ({ protocol: 'pop3', uidl });

export const imapCursor = (settled: ImapCursor['settled'], uidValidity = 7): ImapCursor => ({
  protocol: 'imap',
  folder: 'INBOX',
  uidValidity,
  baseline: 10,
  settled,
});

export const pop3Cursor = (settled: readonly string[], backlog: readonly string[]): Cursor => ({
  protocol: 'pop3',
  settled: new Set(settled.map(hashUidl)),
  backlog: new Set(backlog.map(hashUidl)),
});

export const intentOf = (ref: MessageRef): Intent => ({
  ref,
  key: keyOf(ref),
  session: new Uint8Array([1, 2, 3]),
  runKeyId: RUN_KEY,
  repair: null,
  fromHeaders: 1,
  hasNul: false,
  total: 1234,
  digest: new Uint8Array(32).fill(5),
  senderDomain: 'example.org',
  disclosed: 'label-missing',
  hasMessageId: true,
  fingerprint: new Uint8Array(16).fill(6),
  content: new Uint8Array(16).fill(8),
  arrivedAt: 1_700_000_000_000,
  backlog: false,
});

export const postponementOf = (ref: MessageRef): Postponement => ({
  ref,
  key: keyOf(ref),
  reason: 'source-timeout',
  tries: 2,
  retryAt: 1_800_000_000_000,
  size: null,
  arrivedAt: null,
  backlog: true,
});

export const repairOf = (ref: MessageRef): RepairOrder => ({
  ref,
  key: keyOf(ref),
  repair: 'from-header-several',
  tries: 1,
  retryAt: 1_800_000_000_000,
  size: 900,
  arrivedAt: null,
  backlog: true,
});

export const settlementOf = (ref: MessageRef, status: AuditStatus = 'delivered'): Settlement => ({
  ref,
  key: keyOf(ref),
  status,
  reason: status === 'delivered' ? null : status === 'repaired' ? 'null-byte' : 'message-refused',
  senderDomain: 'example.org',
  sizeBytes: 1000,
  arrivedAt: 1_700_000_000_000,
  backlog: false,
  fingerprint: null,
});

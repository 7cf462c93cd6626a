/** What programs of a user are told, how it is signed, and when it is tried again. */
import { createHmac } from 'node:crypto';
import type { MailboxState } from './mailbox.ts';

/** Why a webhook is off: switched off by its owner, by its own answer (410), or for failing too long. */
export type OffReason = 'owner' | 'gone' | 'failing';

interface AboutMailbox {
  readonly id: string;
  readonly protocol: string;
  readonly host: string;
}

/** The `data` of each event. Nothing of a message and no user name is in it. */
export interface WebhookData {
  ping: Record<string, never>;
  'mailbox.state': {
    readonly mailbox: AboutMailbox;
    readonly from: MailboxState;
    readonly to: MailboxState;
    readonly fault: string | null;
  };
  'mailbox.fault': {
    readonly mailbox: AboutMailbox;
    readonly from: string | null;
    readonly to: string | null;
    readonly state: MailboxState;
  };
  'deliveries.digest': {
    /** ISO 8601. */
    readonly since: string;
    readonly mailboxes: readonly {
      readonly id: string;
      readonly counts: Readonly<Record<string, number>>;
      readonly bytes: number;
    }[];
  };
}
export type DeliveredEvent = keyof WebhookData;

/** Raised when a receiver that reads today's shape could misread the next one. */
const VERSION = 1;

export interface Told {
  /** The same at every try and every replay: who has seen it has seen it. */
  readonly id: string;
  readonly event: DeliveredEvent;
  readonly at: Date;
  readonly data: WebhookData[DeliveredEvent];
}

/** The same bytes at every try. */
export const bodyOf = ({ id, event, at, data }: Told): string =>
  JSON.stringify({ id, version: VERSION, event, at: at.toISOString(), data });

/** `t=<seconds since the epoch>,v1=<hex>`, with one v1 for each secret: HMAC-SHA256 over `<t>.<body>`. */
export function signatureOf(secrets: readonly string[], body: string, now: number): string {
  const t = Math.floor(now / 1000);
  const macs = secrets.map(
    (secret) => `v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`,
  );
  return [`t=${t}`, ...macs].join(',');
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Eight tries in all, over about 21 hours. */
const PAUSES = [30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, 12 * HOUR] as const;
export const MAX_TRIES = PAUSES.length + 1;

/** ms until the next try after `tries` of them, a tenth more or less; null: that was the last. `random` in [0, 1). */
export function pauseAfter(tries: number, random: number): number | null {
  const pause = PAUSES[tries - 1];
  return pause === undefined ? null : Math.round(pause * (0.9 + 0.2 * random));
}

/** Days of nothing but failures after which a webhook is switched off. */
export const FAILING_DAYS = 5;

/** Everything that is stored about an account, as one JSON document without secrets. */
import type { UserId } from '../core/mailbox.ts';
import { listApiKeys } from '../db/api-keys.ts';
import { listChains } from '../db/audit-chain.ts';
import { readSubscription } from '../db/billing.ts';
import { listLabels } from '../db/labels.ts';
import { listMailboxes } from '../db/mailboxes.ts';
import { listMuted, listNotices } from '../db/notices.ts';
import type { Tx } from '../db/pool.ts';
import { listReports } from '../db/probe-reports.ts';
import { listReconciliations } from '../db/reconciliations.ts';
import { listSessions } from '../db/sessions.ts';
import { listSourceGrants } from '../db/source-grants.ts';
import { listAllDeliveries } from '../db/webhook-deliveries.ts';
import { listWebhooks } from '../db/webhooks.ts';
import { readAccount } from './account.ts';
import { readAudit } from './audit.ts';
import { chainView } from './audit-chain.ts';
import { readAllAtSource } from './audit-entry.ts';
import { mailboxView } from './mailboxes.ts';
import { noticeView } from './notices.ts';
import type { Parts } from './parts.ts';
import { exportedDelivery, webhookView } from './webhooks.ts';

/** One field of the document: which tables it shows, so that a test can tell which are forgotten. */
interface Section {
  readonly tables: readonly string[];
  readonly read: (tx: Tx) => Promise<unknown>;
}

/** Beside `account` and `audit`. What a tenant's table holds belongs here, or in LEFT_OUT with the reason. */
export const SECTIONS: Readonly<Record<string, Section>> = {
  // Without the tokens' hashes.
  sessions: {
    tables: ['sessions'],
    read: async (tx) => (await listSessions(tx)).map(({ tokenHash: _, ...session }) => session),
  },
  apiKeys: { tables: ['api_keys'], read: listApiKeys },
  subscription: { tables: ['subscriptions'], read: readSubscription },
  setups: { tables: ['probe_reports'], read: listReports },
  notices: {
    tables: ['notices'],
    read: async (tx) => (await listNotices(tx, ALL_NOTICES, null)).map(noticeView),
  },
  mutedNotices: { tables: ['notice_settings'], read: listMuted },
  reconciliations: {
    tables: ['reconciliations'],
    read: (tx) => listReconciliations(tx, ALL_DAYS, MOST_DAYS),
  },
  mailboxes: { tables: ['mailboxes'], read: async (tx) => (await listMailboxes(tx)).map(mailboxView) },
  sourceConsents: { tables: ['source_grants'], read: listSourceGrants },
  labels: { tables: ['labels'], read: listLabels },
  // Without their secrets.
  webhooks: { tables: ['webhooks'], read: async (tx) => (await listWebhooks(tx)).map(webhookView) },
  webhookDeliveries: {
    tables: ['webhook_deliveries'],
    read: async (tx) => (await listAllDeliveries(tx)).map(exportedDelivery),
  },
  // Read before the entries, which are therefore there up to each head at least.
  chains: { tables: ['audit_chains'], read: async (tx) => (await listChains(tx)).map(chainView) },
};

/** Tenants' tables that are in no section. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  users: 'is `account`',
  grants: 'is `account.grant`; the token is a secret',
  audit_entries: 'is `audit`',
  allowances: 'how much of today’s allowance is used: gone tomorrow',
  folder_cursors: 'which message ids are settled: of use to this installation only',
  uidls: 'as folder_cursors, digests only',
  passed_over: 'as folder_cursors',
  fingerprints: 'digests, keyed with a secret',
  run_keys: 'secrets',
  transfers: 'messages under way and their secrets; what became of each is in `audit`',
  audit_hours: 'added up from `audit`',
  audit_domains: 'added up from `audit`',
  audit_rollups: 'how far that has come',
  notice_marks: 'which notices need not be raised again',
  source_consents: 'a sign-in under way: gone in minutes',
  discoveries: 'a question under way: gone in minutes',
  previews: 'a question under way: gone in minutes',
  source_actions: 'what waits is in `atSource`; the message ids are of use to this installation only',
  source_outcomes: 'is `atSource`',
  source_totals: 'added up from `atSource`',
  webhook_secrets: 'secrets',
  webhook_marks: 'what of a mailbox its webhooks were told last',
};

/** Piece by piece: the sections in memory one after the other, the audit log in batches. */
export async function* exportAccount(parts: Parts, userId: UserId): AsyncGenerator<string> {
  yield `{"account":${JSON.stringify(await readAccount(parts, userId))}`;
  for (const [name, { read }] of Object.entries(SECTIONS)) {
    const value = await parts.database.withTenant(userId, read);
    yield `,\n${JSON.stringify(name)}:${JSON.stringify(value ?? null)}`;
  }
  yield* listed('atSource', allAtSource(parts, userId));
  yield* listed('audit', readAudit(parts, userId, EVERYTHING));
  yield '}\n';
}

async function* listed(name: string, values: AsyncIterable<unknown>): AsyncGenerator<string> {
  yield `,\n${JSON.stringify(name)}:[`;
  let separator = '\n';
  for await (const value of values) {
    yield separator + JSON.stringify(value);
    separator = ',\n';
  }
  yield ']';
}

async function* allAtSource(parts: Parts, userId: UserId): AsyncGenerator<unknown> {
  const mailboxes = await parts.database.withTenant(userId, listMailboxes);
  for (const { id } of mailboxes) yield* readAllAtSource(parts, userId, id);
}

/** More than half a year can bring, which is how long closed ones are kept. */
const ALL_NOTICES = 100_000;
const ALL_DAYS = { mailboxId: null, from: null, to: null };
/** Of 100 mailboxes nearly three years. */
const MOST_DAYS = 100_000;
const EVERYTHING = { mailboxId: null, status: null, senderDomain: null, from: null, to: null };

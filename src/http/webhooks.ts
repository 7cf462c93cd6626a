/** Outgoing webhooks, as their owner sets them up and sees how they do. */
import { randomUUID } from 'node:crypto';
import { FAULTS, type FaultCode } from '../core/fault.ts';
import type { UserId } from '../core/mailbox.ts';
import { webhookSecretPlace } from '../core/place.ts';
import { closeNotice } from '../db/notices.ts';
import type { Tx } from '../db/pool.ts';
import {
  addPing,
  type DeliveryRow,
  type ExportedDelivery,
  listDeliveries,
  replayDelivery,
} from '../db/webhook-deliveries.ts';
import {
  changeWebhook,
  createWebhook,
  deleteWebhook,
  findWebhook,
  listWebhooks,
  lockWebhooks,
  type NewSecret,
  replaceSecret,
  type WebhookRow,
} from '../db/webhooks.ts';
import type {
  NewWebhook,
  PatchWebhook,
  Webhook,
  WebhookDeliveries,
  WebhookDelivery,
} from './contract/webhooks.ts';
import { HttpError } from './errors.ts';
import type { Parts } from './parts.ts';
import { newToken } from './session.ts';
import { judgeWebhookUrl } from './webhook-url.ts';

const MAX_WEBHOOKS = 10;

export const webhookView = ({
  id,
  url,
  events,
  offReason,
  failingSince,
  createdAt,
}: WebhookRow): Webhook => ({
  id,
  url,
  events: [...events],
  enabled: offReason === null,
  offReason,
  failingSince: failingSince?.toISOString() ?? null,
  createdAt: createdAt.toISOString(),
});

const FAILURES: Readonly<Record<string, string>> = {
  'no-answer': 'There was no answer within ten seconds.',
  'answer-broken': 'The connection broke off, or what came was no HTTP.',
  'address-forbidden': 'The name leads to an address that is not public.',
  'port-forbidden': 'Only ports 443 and 8443 are dialled.',
  'host-unknown': 'The name is not known.',
  'connect-refused': 'The server refuses the connection.',
  'connect-timeout': 'The server cannot be reached.',
  'tls-failed': 'No encrypted connection could be made.',
  'certificate-invalid': 'The server’s certificate is not valid for this name.',
};

const failureView = (code: string | null): WebhookDelivery['failure'] => {
  if (code === null) return null;
  const known = code in FAULTS ? FAULTS[code as FaultCode].message : 'Something went wrong on our side.';
  return { code, message: FAILURES[code] ?? known };
};

const deliveryView = (row: DeliveryRow): WebhookDelivery => ({
  id: row.id,
  event: row.event,
  at: row.at.toISOString(),
  state: row.deliveredAt !== null ? 'delivered' : row.nextTryAt !== null ? 'pending' : 'failed',
  tries: row.tries,
  nextTryAt: row.nextTryAt?.toISOString() ?? null,
  triedAt: row.triedAt?.toISOString() ?? null,
  status: row.status,
  failure: failureView(row.failure),
  durationMs: row.durationMs,
});

/** With what it said, and to whom. */
export const exportedDelivery = ({ webhookId, data, ...row }: ExportedDelivery) => ({
  ...deliveryView(row),
  webhookId,
  data,
});

async function existing(tx: Tx, id: string, forChange = false): Promise<WebhookRow> {
  const webhook = await findWebhook(tx, id, forChange);
  if (webhook === null) throw new HttpError('not-found');
  return webhook;
}

/** A secret and its row: only workers can open what is stored. */
async function newSecret(
  { seal }: Parts,
  userId: UserId,
  webhookId: string,
): Promise<{ readonly secret: string; readonly row: NewSecret }> {
  const secret = `whsec_${newToken()}`;
  const id = randomUUID();
  const sealed = await seal(Buffer.from(secret), webhookSecretPlace(userId, id));
  return { secret, row: { id, userId, webhookId, sealed } };
}

export async function setUpWebhook(
  parts: Parts,
  userId: UserId,
  { url, events }: Pick<NewWebhook, 'url' | 'events'>,
): Promise<NewWebhook> {
  judgeWebhookUrl(url, parts.settings.webhookPrivateNetworks);
  const id = randomUUID();
  const { secret, row } = await newSecret(parts, userId, id);
  return parts.database.withTenant(userId, async (tx) => {
    await lockWebhooks(tx);
    if ((await listWebhooks(tx)).length >= MAX_WEBHOOKS) throw new HttpError('too-many');
    await createWebhook(tx, { id, userId, url, events: [...new Set(events)] });
    await replaceSecret(tx, row, 0);
    return { ...webhookView(await existing(tx, id)), secret };
  });
}

export const readWebhooks = (parts: Parts, userId: UserId): Promise<Webhook[]> =>
  parts.database.withTenant(userId, async (tx) => (await listWebhooks(tx)).map(webhookView));

export const readWebhook = (parts: Parts, userId: UserId, id: string): Promise<Webhook> =>
  parts.database.withTenant(userId, async (tx) => webhookView(await existing(tx, id)));

export async function editWebhook(
  parts: Parts,
  userId: UserId,
  id: string,
  { url, events, enabled }: PatchWebhook,
): Promise<Webhook> {
  if (url !== undefined) judgeWebhookUrl(url, parts.settings.webhookPrivateNetworks);
  return parts.database.withTenant(userId, async (tx) => {
    const before = await existing(tx, id, true);
    const offReason =
      enabled === undefined ? before.offReason : enabled ? null : (before.offReason ?? 'owner');
    await changeWebhook(tx, before, {
      url: url ?? before.url,
      events: [...new Set(events ?? before.events)],
      offReason,
    });
    await closeIfMended(tx);
    return webhookView(await existing(tx, id));
  });
}

export const removeWebhook = (parts: Parts, userId: UserId, id: string): Promise<void> =>
  parts.database.withTenant(userId, async (tx) => {
    if (!(await deleteWebhook(tx, id))) throw new HttpError('not-found');
    await closeIfMended(tx);
  });

/** The notice is about whichever webhook we switched off; it ends with the last of them. */
async function closeIfMended(tx: Tx): Promise<void> {
  const off = (await listWebhooks(tx)).filter(
    ({ offReason }) => offReason === 'gone' || offReason === 'failing',
  );
  if (off.length === 0) await closeNotice(tx, 'webhook-off', null);
}

export const testWebhook = (parts: Parts, userId: UserId, id: string): Promise<WebhookDelivery> =>
  parts.database.withTenant(userId, async (tx) => {
    const { offReason } = await existing(tx, id);
    if (offReason !== null) throw new HttpError('webhook-off');
    return deliveryView(await addPing(tx, userId, id));
  });

export async function rotateSecret(
  parts: Parts,
  userId: UserId,
  id: string,
  graceHours: number,
): Promise<string> {
  const { secret, row } = await newSecret(parts, userId, id);
  await parts.database.withTenant(userId, async (tx) => {
    await existing(tx, id, true);
    await replaceSecret(tx, row, graceHours);
  });
  return secret;
}

export const readDeliveries = (
  parts: Parts,
  userId: UserId,
  id: string,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<WebhookDeliveries> =>
  parts.database.withTenant(userId, async (tx) => {
    await existing(tx, id);
    const rows = await listDeliveries(tx, id, limit + 1, cursor ?? null);
    const page = rows.slice(0, limit);
    return {
      deliveries: page.map(deliveryView),
      nextCursor: rows.length > limit ? (page.at(-1)?.number ?? null) : null,
    };
  });

export const replay = (
  parts: Parts,
  userId: UserId,
  id: string,
  deliveryId: string,
): Promise<WebhookDelivery> =>
  parts.database.withTenant(userId, async (tx) => {
    const { offReason } = await existing(tx, id);
    const row = await replayDelivery(tx, id, deliveryId);
    if (row === null) throw new HttpError('not-found');
    if (row === 'pending') throw new HttpError('delivery-pending');
    if (offReason !== null) throw new HttpError('webhook-off');
    return deliveryView(row);
  });

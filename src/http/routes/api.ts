/** The API's handlers: thin, for what they do is in the nouns' files. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { createApiKey, deleteApiKey, listApiKeys, lockApiKeys } from '../../db/api-keys.ts';
import { deleteAccount, readAccount } from '../account.ts';
import type { Handlers } from '../api-router.ts';
import { auditFilter, auditView, chainedView, readAudit, readAuditPage, writeAuditCsv } from '../audit.ts';
import { clearCookie } from '../cookies.ts';
import { discoverServers } from '../discover.ts';
import { HttpError } from '../errors.ts';
import type { EventHub } from '../events.ts';
import { exportAccount } from '../export.ts';
import * as mailboxes from '../mailboxes.ts';
import type { Parts } from '../parts.ts';
import { hashToken, newToken } from '../session.ts';
import { auditChainHandlers } from './audit-chain.ts';
import { billingHandlers } from './billing.ts';
import { glassBoxHandlers } from './glass-box.ts';
import { mailboxListHandlers } from './mailbox-list.ts';
import { noticeHandlers } from './notices.ts';
import { outgoingWebhookHandlers } from './outgoing-webhooks.ts';
import { sessionHandlers } from './sessions.ts';
import { wizardHandlers } from './wizard.ts';

const MAX_API_KEYS = 20;

export const createHandlers = (parts: Parts, hub: EventHub): Handlers => ({
  ...accountHandlers(parts),
  ...apiKeyHandlers(parts),
  ...mailboxHandlers(parts),
  ...auditHandlers(parts),
  ...auditChainHandlers(parts),
  ...mailboxListHandlers(parts),
  ...billingHandlers(parts),
  ...glassBoxHandlers(parts),
  ...wizardHandlers(parts),
  ...noticeHandlers(parts),
  ...sessionHandlers(parts),
  ...outgoingWebhookHandlers(parts),
  discover: ({ userId, body }) => discoverServers(parts, userId, body.email),
  watchEvents: async ({ caller, res }) => {
    await hub.connect(caller, res);
  },
});

const accountHandlers = (
  parts: Parts,
): Pick<Handlers, 'readAccount' | 'deleteAccount' | 'exportAccount'> => ({
  readAccount: ({ userId }) => readAccount(parts, userId),
  deleteAccount: async ({ userId, res }) => {
    const revoked = await deleteAccount(parts, userId);
    clearCookie(res, 'session', parts.settings.publicUrl);
    return { deleted: true, revoked };
  },
  exportAccount: async ({ userId, res }) => {
    await download(res, 'application/json', 'smtp-sync.json', exportAccount(parts, userId));
  },
});

const apiKeyHandlers = (parts: Parts): Pick<Handlers, 'createApiKey' | 'listApiKeys' | 'deleteApiKey'> => ({
  createApiKey: async ({ userId, body }) => {
    const key = `smtpsync_${newToken()}`;
    const id = await parts.database.withTenant(userId, async (tx) => {
      await lockApiKeys(tx);
      if ((await listApiKeys(tx)).length >= MAX_API_KEYS) throw new HttpError('too-many');
      return createApiKey(tx, {
        userId,
        name: body.name,
        keyHash: hashToken(key),
        scopes: [...new Set(body.scopes ?? (['full'] as const))],
        expiresInDays: body.expiresInDays ?? null,
      });
    });
    return { id, key };
  },
  listApiKeys: async ({ userId }) => {
    const keys = await parts.database.withTenant(userId, listApiKeys);
    return {
      apiKeys: keys.map(({ id, name, createdAt, lastUsedAt, scopes, expiresAt }) => ({
        id,
        name,
        createdAt: createdAt.toISOString(),
        lastUsedAt: lastUsedAt?.toISOString() ?? null,
        scopes: [...scopes],
        expiresAt: expiresAt?.toISOString() ?? null,
      })),
    };
  },
  deleteApiKey: async ({ userId, id }) => {
    const gone = await parts.database.withTenant(userId, (tx) => deleteApiKey(tx, id));
    if (!gone) throw new HttpError('not-found');
  },
});

const mailboxHandlers = (
  parts: Parts,
): Pick<
  Handlers,
  | 'createMailbox'
  | 'listMailboxes'
  | 'readMailbox'
  | 'editMailbox'
  | 'deleteMailbox'
  | 'syncMailbox'
  | 'pauseMailbox'
  | 'resumeMailbox'
  | 'retryMailbox'
> => ({
  createMailbox: ({ userId, body }) => mailboxes.connectMailbox(parts, userId, body),
  listMailboxes: async ({ userId }) => ({ mailboxes: await mailboxes.listMailboxes(parts, userId) }),
  readMailbox: ({ userId, id }) => mailboxes.readMailbox(parts, userId, id),
  editMailbox: ({ userId, id, body }) => mailboxes.editMailbox(parts, userId, id, body),
  deleteMailbox: async ({ userId, id }) => {
    await mailboxes.deleteMailbox(parts, userId, id);
  },
  syncMailbox: ({ userId, id }) => mailboxes.syncMailbox(parts, userId, id),
  pauseMailbox: ({ userId, id }) => mailboxes.pauseMailbox(parts, userId, id),
  resumeMailbox: ({ userId, id }) => mailboxes.resumeMailbox(parts, userId, id),
  retryMailbox: async ({ userId, id, body }) => ({
    retried: await mailboxes.retryMailbox(parts, userId, id, body.status),
  }),
});

const auditHandlers = (parts: Parts): Pick<Handlers, 'listAudit' | 'exportAudit'> => ({
  listAudit: async ({ userId, query: { limit, cursor, chain, ...filters } }) =>
    readAuditPage(
      parts,
      userId,
      await auditFilter(parts, userId, filters),
      limit,
      cursor ?? null,
      chain ? chainedView : auditView,
    ),
  exportAudit: async ({ userId, query: { chain, ...filters }, res }) => {
    const entries = readAudit(parts, userId, await auditFilter(parts, userId, filters));
    await download(res, 'text/csv', 'audit.csv', writeAuditCsv(entries, chain !== undefined));
  },
});

/**
 * Streams with back-pressure. Nothing is sent before the first piece is there, so that a failure until then is a
 * proper refusal; one later cuts the answer off. A client that leaves ends the reading.
 */
async function download(
  res: Response,
  type: string,
  name: string,
  pieces: AsyncGenerator<string>,
): Promise<void> {
  const first = await pieces.next();
  const all = async function* () {
    if (!first.done) yield first.value;
    yield* pieces;
  };
  res.type(type).attachment(name);
  try {
    await pipeline(Readable.from(all()), res);
  } catch (error) {
    if (!res.destroyed) throw error;
  }
}

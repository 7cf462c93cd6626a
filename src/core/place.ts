/** The places that hold sealed secrets: every sealed column of the schema, once. */
import type { MailboxId, UserId } from './mailbox.ts';
import type { SealPlace } from './ports.ts';

export const passwordPlace = (tenant: UserId, mailbox: MailboxId): SealPlace => ({
  tenant,
  table: 'mailboxes',
  column: 'sealed_password',
  row: mailbox,
});

export const fingerprintKeyPlace = (tenant: UserId, mailbox: MailboxId): SealPlace => ({
  tenant,
  table: 'mailboxes',
  column: 'sealed_fingerprint_key',
  row: mailbox,
});

/** A user has one grant, so its row is the user. */
export const refreshTokenPlace = (tenant: UserId): SealPlace => ({
  tenant,
  table: 'grants',
  column: 'sealed_refresh_token',
  row: tenant,
});

/** The consent at a mailbox's provider: one for each mailbox. */
export const sourceTokenPlace = (tenant: UserId, mailbox: MailboxId): SealPlace => ({
  tenant,
  table: 'source_grants',
  column: 'sealed_refresh_token',
  row: mailbox,
});

export const runKeyPlace = (tenant: UserId, runKeyId: string): SealPlace => ({
  tenant,
  table: 'run_keys',
  column: 'sealed',
  row: runKeyId,
});

export const webhookSecretPlace = (tenant: UserId, secretId: string): SealPlace => ({
  tenant,
  table: 'webhook_secrets',
  column: 'sealed',
  row: secretId,
});

/** Consents that owners of mailboxes have given at their providers. Whose row it is, the tenant decides. */
import type { MailboxId, UserId } from '../core/mailbox.ts';
import type { SourceGrant, SourceGrants } from '../core/source-grant.ts';
import type { Database, Tx } from './pool.ts';

/** For the workers. */
export const createSourceGrants = (db: Database): SourceGrants => ({
  load: (userId, mailboxId) => db.withTenant(userId, (tx) => loadGrant(tx, mailboxId)),
  replace: (userId, mailboxId, known, next) =>
    db.withTenant(userId, async (tx) => {
      const rows = await tx.query(
        `UPDATE source_grants SET sealed_refresh_token = $4
         WHERE mailbox_id = $1 AND consent = $2 AND sealed_refresh_token = $3 RETURNING 1 AS done`,
        [mailboxId, known.consent, known.sealedRefreshToken, next],
      );
      return rows.length > 0;
    }),
});

async function loadGrant(tx: Tx, mailboxId: MailboxId): Promise<SourceGrant | null> {
  const [row] = await tx.query<SourceGrant>(
    `SELECT m.provider, g.sealed_refresh_token AS "sealedRefreshToken", coalesce(g.consent, 0) AS consent
     FROM mailboxes m LEFT JOIN source_grants g ON g.mailbox_id = m.id WHERE m.id = $1 AND m.auth = 'oauth'`,
    [mailboxId],
  );
  return row ?? null;
}

/** The provider's id of the account that consented last; null: none has. */
export async function findGrantAccount(tx: Tx, mailboxId: MailboxId): Promise<string | null> {
  const [row] = await tx.query<{ accountId: string }>(
    'SELECT account_id AS "accountId" FROM source_grants WHERE mailbox_id = $1',
    [mailboxId],
  );
  return row?.accountId ?? null;
}

export interface GivenConsent {
  readonly mailboxId: MailboxId;
  readonly accountId: string;
  readonly consentedAt: Date;
  readonly withdrawn: boolean;
}

/** Of all mailboxes of the tenant, without the tokens. */
export async function listSourceGrants(tx: Tx): Promise<GivenConsent[]> {
  return tx.query(
    `SELECT mailbox_id AS "mailboxId", account_id AS "accountId", consented_at AS "consentedAt",
       sealed_refresh_token IS NULL AS withdrawn
     FROM source_grants WHERE user_id = current_tenant() ORDER BY mailbox_id`,
  );
}

/** A new consent takes the place of the one there. */
export async function saveSourceGrant(
  tx: Tx,
  grant: {
    readonly userId: UserId;
    readonly mailboxId: MailboxId;
    readonly accountId: string;
    readonly sealedRefreshToken: Uint8Array;
  },
): Promise<void> {
  await tx.query(
    `INSERT INTO source_grants AS g (user_id, mailbox_id, account_id, sealed_refresh_token) VALUES ($1, $2, $3, $4)
     ON CONFLICT (mailbox_id) DO UPDATE SET account_id = EXCLUDED.account_id, consented_at = now(),
       sealed_refresh_token = EXCLUDED.sealed_refresh_token, consent = g.consent + 1`,
    [grant.userId, grant.mailboxId, grant.accountId, grant.sealedRefreshToken],
  );
}

/** Consents under way at the providers of mailboxes, by SHA-256 of their `state`. */
import type { MailboxId, UserId } from '../core/mailbox.ts';
import type { Tx } from './pool.ts';

/** An earlier attempt for the same mailbox is void from now on. */
export async function beginSourceConsent(
  tx: Tx,
  consent: {
    readonly userId: UserId;
    readonly mailboxId: MailboxId;
    readonly stateHash: Uint8Array;
    /** SHA-256 of the session's token. */
    readonly sessionHash: Uint8Array;
    readonly lifetimeMs: number;
  },
): Promise<void> {
  await tx.query(
    `INSERT INTO source_consents (user_id, mailbox_id, state_hash, session_hash, expires_at)
     VALUES ($1, $2, $3, $4, now() + $5 * interval '1 millisecond')
     ON CONFLICT (mailbox_id) DO UPDATE SET state_hash = EXCLUDED.state_hash,
       session_hash = EXCLUDED.session_hash, expires_at = EXCLUDED.expires_at`,
    [consent.userId, consent.mailboxId, consent.stateHash, consent.sessionHash, consent.lifetimeMs],
  );
}

/** Uses the tenant's consent up; null when it is unknown, used, overtaken by a later one, expired, or another session's. */
export async function takeSourceConsent(
  tx: Tx,
  stateHash: Uint8Array,
  sessionHash: Uint8Array,
): Promise<MailboxId | null> {
  const [row] = await tx.query<{ mailboxId: MailboxId; live: boolean }>(
    `DELETE FROM source_consents WHERE state_hash = $1
     RETURNING mailbox_id AS "mailboxId", expires_at > now() AND session_hash = $2 AS live`,
    [stateHash, sessionHash],
  );
  return row?.live ? row.mailboxId : null;
}

/** What a fault at Google does to all mailboxes of a user. */
import type { FaultCode } from '../core/fault.ts';
import type { Grants } from '../core/ports.ts';
import type { Database, Tx } from './pool.ts';

/** For the workers. Fault `database-unavailable`. */
export const createGrants = (db: Database): Grants => ({
  hold: (userId, until) =>
    db.withTenant(userId, async (tx) => {
      await tx.query(
        `INSERT INTO allowances AS a (user_id, resume_at) VALUES ($1, to_timestamp($2::double precision / 1000))
         ON CONFLICT (user_id) DO UPDATE SET resume_at = greatest(a.resume_at, EXCLUDED.resume_at)`,
        [userId, until],
      );
    }),
  destroy: (userId, code) => db.withTenant(userId, (tx) => destroyGrant(tx, code)),
});

/**
 * Destroys the tenant's token; mailboxes that would run need consent. Their epochs move on, so that runs under way can
 * write nothing more. A paused or suspended mailbox stays so: its own reason still holds when consent is back. A draft
 * needs none before it is started.
 */
export async function destroyGrant(tx: Tx, code: FaultCode): Promise<void> {
  // Mailboxes before the grant, as everybody locks them.
  await tx.query(
    `UPDATE mailboxes SET state = 'needs-consent', fault_code = $1, leased_by = NULL, epoch = epoch + 1, changed_at = now()
     WHERE user_id = current_tenant() AND NOT draft AND state IN ('active', 'unreachable', 'probing', 'needs-password')`,
    [code],
  );
  await tx.query('DELETE FROM grants WHERE user_id = current_tenant()');
}

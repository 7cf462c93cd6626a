/**
 * Removes what has run out: sessions, sign-ins and consents never finished, discoveries nobody waits for, setups nobody goes on with, workers long dead and
 * what was left for them.
 */
import type { Database } from './pool.ts';

/** How many rows went. Fault `database-unavailable`. */
export async function sweepExpired(db: Database): Promise<number> {
  return db.asNobody(async (tx) => {
    const [tenants, ...others] = await Promise.all([
      tx.query<{ n: number }>(
        `SELECT sweep_sessions() + sweep_discoveries() + sweep_setups() + sweep_notices() +
           sweep_source_consents() + sweep_webhooks() AS n`,
      ),
      tx.query('DELETE FROM sign_ins WHERE expires_at <= now() RETURNING 1'),
      tx.query("DELETE FROM workers WHERE beat_at < now() - interval '1 hour' RETURNING 1"),
      // Stripe and Google repeat themselves for days, not for months.
      tx.query("DELETE FROM webhook_events WHERE received_at < now() - interval '60 days' RETURNING 1"),
      tx.query(
        'DELETE FROM recalls r WHERE NOT EXISTS (SELECT FROM workers w WHERE w.id = r.worker_id) RETURNING 1',
      ),
    ]);
    return others.reduce((sum, rows) => sum + rows.length, tenants[0]?.n ?? 0);
  });
}

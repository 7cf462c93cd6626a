/** For the statements that one account can make long: millions of rows may go at once. */
import type { Statement, Tx } from './pool.ts';

const PATIENCE_MS = 600_000;

/** Like `tx.query`, with ten minutes instead of 30 s for it and what follows in the transaction. */
export async function queryPatiently(
  tx: Tx,
  statement: Statement,
  values?: readonly unknown[],
): Promise<Record<string, unknown>[]> {
  await tx.query(`SELECT set_config('statement_timeout', '${PATIENCE_MS}', true)`);
  // pg gives up by itself, too.
  const patient = { ...statement, query_timeout: PATIENCE_MS };
  return tx.query(patient, values);
}

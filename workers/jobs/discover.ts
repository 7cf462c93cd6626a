/** Looks up an e-mail address for somebody who waits for it in the web process, which dials nobody. */
import type { DiscoveryNet } from '../../src/core/discovery.ts';
import type { Log } from '../../src/core/ports.ts';
import { answerDiscovery, findQuestion } from '../../src/db/discoveries.ts';
import type { Database } from '../../src/db/pool.ts';
import type { DiscoverJob } from '../../src/db/queue.ts';
import { parseEmail } from '../../src/discovery/address.ts';
import { discover } from '../../src/discovery/discover.ts';

export interface DiscoverDeps {
  readonly db: Database;
  readonly log: Log;
  readonly net: DiscoveryNet;
}

/** Stores the answer, unless nobody waits any more. */
export async function answer(
  { userId, discoveryId }: DiscoverJob,
  { db, log, net }: DiscoverDeps,
  signal: AbortSignal,
): Promise<void> {
  const email = await db.withTenant(userId, (tx) => findQuestion(tx, discoveryId));
  const address = email === null ? null : parseEmail(email);
  if (address === null) return;
  const found = await discover(address, net, signal);
  log.info('discovered', { count: found.candidates.length });
  await db.withTenant(userId, (tx) => answerDiscovery(tx, discoveryId, found));
}

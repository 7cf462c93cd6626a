/** Which servers an address may have. What we know is answered at once; what must be looked up, a worker looks up. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Discovery, hintOf } from '../core/discovery.ts';
import type { UserId } from '../core/mailbox.ts';
import { offerSignIns } from '../core/sign-in-providers.ts';
import { askDiscovery, findAnswer, forgetDiscovery } from '../db/discoveries.ts';
import type { EmailAddress } from '../discovery/address.ts';
import { discoverByDomain } from '../discovery/providers.ts';
import { HttpError } from './errors.ts';
import type { Parts } from './parts.ts';

const POLL_MS = 200;

/**
 * Waits for a worker's answer for as long as the settings say, even when whoever asked has left: until then the
 * question counts as one of the user's.
 */
export async function discoverServers(
  parts: Parts,
  userId: UserId,
  address: EmailAddress,
): Promise<Discovery> {
  const found = discoverByDomain(address) ?? (await askWorker(parts, userId, address));
  return offerSignIns(found, parts.signIns);
}

async function askWorker(
  { database, queue, settings }: Parts,
  userId: UserId,
  address: EmailAddress,
): Promise<Discovery> {
  const discoveryId = await database.withTenant(userId, async (tx) => {
    const id = await askDiscovery(tx, userId, address.full);
    if (id === null) throw new HttpError('rate-limited');
    await queue.discover(tx, { userId, discoveryId: id });
    return id;
  });
  const deadline = performance.now() + settings.discoverWaitMs;
  try {
    while (performance.now() < deadline) {
      const answer = await database.withTenant(userId, (tx) => findAnswer(tx, discoveryId));
      if (answer) return answer;
      await sleep(POLL_MS);
    }
  } finally {
    await database.withTenant(userId, (tx) => forgetDiscovery(tx, discoveryId));
  }
  return { candidates: [], hint: hintOf('unfinished') };
}

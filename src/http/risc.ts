/** What an event at Google does here: tokens are destroyed, sessions end. */
import type { UserId } from '../core/mailbox.ts';
import { destroyGrant } from '../db/grant-faults.ts';
import { deleteSessions } from '../db/sessions.ts';
import { findGoogleUser, findTokenUsers } from '../db/users.ts';
import { isKnownEvent, keepEvent } from '../db/webhook-events.ts';
import type { RiscEvent, RiscSubject } from '../google/risc.ts';
import type { Parts } from './parts.ts';

interface Effect {
  readonly grant: boolean;
  readonly sessions: boolean;
}

/** Others (`verification`, `account-enabled`, …) change nothing here. */
const EFFECTS: Readonly<Record<string, Effect>> = {
  'tokens-revoked': { grant: true, sessions: true },
  'token-revoked': { grant: true, sessions: false },
  'sessions-revoked': { grant: false, sessions: true },
  'account-disabled': { grant: true, sessions: true },
};

/** Each event counts once; all that follows from it is durable when its id is kept, so that it may come again. */
export async function receiveRiscEvent(parts: Parts, { id, events }: RiscEvent): Promise<void> {
  const { database, log } = parts;
  if (await database.asNobody((tx) => isKnownEvent(tx, 'google', id))) return;
  for (const { name, subject } of events) {
    const effect = EFFECTS[name];
    if (!effect) continue;
    const users = await usersOf(parts, subject);
    log.info('risc-event', { code: name, count: users.length });
    for (const userId of users)
      await database.withTenant(userId, async (tx) => {
        if (effect.grant) await destroyGrant(tx, 'grant-revoked');
        if (effect.sessions) await deleteSessions(tx);
      });
  }
  await database.asNobody((tx) => keepEvent(tx, 'google', id));
}

async function usersOf({ database }: Parts, subject: RiscSubject): Promise<UserId[]> {
  return database.asNobody(async (tx) => {
    if ('refreshTokenHash' in subject) return findTokenUsers(tx, subject.refreshTokenHash);
    const user = await findGoogleUser(tx, subject.sub);
    return user === null ? [] : [user];
  });
}

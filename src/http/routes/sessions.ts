/** The handlers of browser sessions. */
import { endOtherSessions, endSession, listSessions } from '../../db/sessions.ts';
import type { Handlers } from '../api-router.ts';
import { clearCookie } from '../cookies.ts';
import { HttpError } from '../errors.ts';
import type { Parts } from '../parts.ts';

export const sessionHandlers = (
  parts: Parts,
): Pick<Handlers, 'listSessions' | 'endSession' | 'endOtherSessions'> => ({
  listSessions: async ({ userId, caller }) => {
    const rows = await parts.database.withTenant(userId, listSessions);
    const own = Buffer.from(caller.hash);
    return {
      sessions: rows.map(({ id, createdAt, expiresAt, browser, tokenHash }) => ({
        id,
        createdAt: createdAt.toISOString(),
        expiresAt: expiresAt.toISOString(),
        browser,
        current: own.equals(tokenHash),
      })),
    };
  },
  endSession: async ({ userId, caller, id, res }) => {
    const ended = await parts.database.withTenant(userId, (tx) => endSession(tx, id));
    if (ended === null) throw new HttpError('not-found');
    if (Buffer.from(caller.hash).equals(ended)) clearCookie(res, 'session', parts.settings.publicUrl);
  },
  endOtherSessions: async ({ userId, caller }) => {
    await parts.database.withTenant(userId, (tx) => endOtherSessions(tx, caller.hash));
  },
});

/** Where one is signed in, as the API tells it. */
import { z } from 'zod';

const instant = z.iso.datetime();

export const sessionsSchema = z.object({
  sessions: z.array(
    z.object({
      id: z.uuid(),
      createdAt: instant,
      expiresAt: instant,
      /** Such as "Firefox on Linux"; null: it did not say, or nothing known. */
      browser: z.string().nullable(),
      /** Whether this call came with it. */
      current: z.boolean(),
    }),
  ),
});
export type Sessions = z.infer<typeof sessionsSchema>['sessions'];

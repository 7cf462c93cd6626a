/** Users and mailboxes put straight into the database, as the web process would. */
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DEFAULT_OPTIONS,
  type MailboxId,
  type MailboxOptions,
  type Server,
  type UserId,
} from '../src/core/mailbox.ts';
import { fingerprintKeyPlace, passwordPlace, refreshTokenPlace } from '../src/core/place.ts';
import { saveGrant } from '../src/db/grants.ts';
import { createMailbox, deleteMailbox, findMailbox, recallMailbox, setState } from '../src/db/mailboxes.ts';
import type { Database } from '../src/db/pool.ts';
import { signIn } from '../src/db/users.ts';
import { refreshTokenHash } from '../src/google/tokens.ts';
import { createSeal } from '../src/seal.ts';
import type { IssuedGrant } from '../standins/google/controls.ts';

const OPTIONS: MailboxOptions = { ...DEFAULT_OPTIONS, pollSeconds: 3_600 };
const POLL_MS = 50;

export interface Box {
  readonly userId: UserId;
  readonly id: MailboxId;
}

export interface Owners {
  add(grant: IssuedGrant): Promise<UserId>;
  /** Paused until `activate`. */
  connect(userId: UserId, server: Server, username: string, password: string): Promise<Box>;
  activate(boxes: readonly Box[]): Promise<void>;
  /** Until `activate`; from then on a visit every second. */
  pause(boxes: readonly Box[]): Promise<void>;
  /** Whether no worker is visiting it. */
  isIdle(box: Box): Promise<boolean>;
  /** Until the books of each have that many messages delivered. Throws when one failed. */
  untilDelivered(boxes: readonly Box[], count: number): Promise<void>;
  remove(boxes: readonly Box[]): Promise<void>;
}

export function createOwners(db: Database, sealPublicKey: string): Owners {
  const seal = createSeal(sealPublicKey);
  const each = async (boxes: readonly Box[], act: (box: Box) => Promise<unknown>): Promise<void> => {
    await Promise.all(boxes.map(act));
  };
  return {
    async add({ sub, email, refreshToken }) {
      const userId = await db.asNobody((tx) => signIn(tx, sub, email));
      const sealedRefreshToken = await seal(Buffer.from(refreshToken), refreshTokenPlace(userId));
      const hash = refreshTokenHash(refreshToken);
      await db.withTenant(userId, (tx) =>
        saveGrant(tx, { userId, sealedRefreshToken, refreshTokenHash: hash, scopes: [] }),
      );
      return userId;
    },
    async connect(userId, server, username, password) {
      const id = randomUUID() as MailboxId;
      const sealedPassword = await seal(Buffer.from(password), passwordPlace(userId, id));
      const sealedFingerprintKey = await seal(randomBytes(32), fingerprintKeyPlace(userId, id));
      const secrets = { sealedPassword, sealedFingerprintKey };
      await db.withTenant(userId, async (tx) => {
        await createMailbox(tx, { ...server, id, userId, username, options: OPTIONS, ...secrets });
        await setState(tx, id, 'paused', null);
      });
      return { userId, id };
    },
    activate: (boxes) =>
      each(boxes, ({ userId, id }) => db.withTenant(userId, (tx) => setState(tx, id, 'active', null))),
    pause: (boxes) =>
      each(boxes, ({ userId, id }) =>
        db.withTenant(userId, async (tx) => {
          await setState(tx, id, 'paused', null);
          await tx.query(`UPDATE mailboxes SET options = options || '{"pollSeconds": 1}' WHERE id = $1`, [
            id,
          ]);
        }),
      ),
    isIdle: ({ userId, id }) =>
      db.withTenant(userId, async (tx) => {
        const rows = await tx.query('SELECT FROM mailboxes WHERE id = $1 AND leased_by IS NOT NULL', [id]);
        return rows.length === 0;
      }),
    untilDelivered: (boxes, count) =>
      each(boxes, async ({ userId, id }) => {
        for (;;) {
          const row = await db.withTenant(userId, (tx) => findMailbox(tx, id));
          if (!row || row.rejected + row.failed + row.uncertain > 0 || row.faultCode)
            throw new Error(`a mailbox of the benchmark failed: ${row?.faultCode ?? 'messages failed'}`);
          if (row.delivered === count) return;
          await sleep(POLL_MS);
        }
      }),
    remove: (boxes) =>
      each(boxes, ({ userId, id }) =>
        db.withTenant(userId, async (tx) => {
          await recallMailbox(tx, id);
          await deleteMailbox(tx, id);
        }),
      ),
  };
}

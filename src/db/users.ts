/** Accounts. */
import type { UserId } from '../core/mailbox.ts';
import { queryPatiently } from './patience.ts';
import type { Tx } from './pool.ts';

export interface User {
  readonly id: UserId;
  readonly email: string;
  readonly createdAt: Date;
}

/** The user who is this Google account, created at the first sign-in. For nobody's transaction. */
export async function signIn(tx: Tx, googleSub: string, email: string): Promise<UserId> {
  const [row] = await tx.query<{ id: UserId }>('SELECT sign_in($1, $2) AS id', [googleSub, email]);
  if (!row) throw new Error('sign_in returned no row');
  return row.id;
}

/** The user who is this Google account, if there is one. For nobody's transaction. */
export async function findGoogleUser(tx: Tx, googleSub: string): Promise<UserId | null> {
  const [row] = await tx.query<{ id: UserId | null }>('SELECT google_user_id($1) AS id', [googleSub]);
  return row?.id ?? null;
}

/** Whose refresh token has this hash, as Google's RISC events name it. For nobody's transaction. */
export async function findTokenUsers(tx: Tx, refreshTokenHash: string): Promise<UserId[]> {
  const rows = await tx.query<{ id: UserId }>('SELECT * FROM grant_user_ids($1) AS id', [refreshTokenHash]);
  return rows.map(({ id }) => id);
}

/** The tenant; null when deleted meanwhile. */
export async function findUser(tx: Tx): Promise<User | null> {
  const [row] = await tx.query<User>('SELECT id, email, created_at AS "createdAt" FROM users');
  return row ?? null;
}

/** Deletes the tenant with every row. */
export async function deleteUser(tx: Tx): Promise<void> {
  // Mailboxes first: a ledger locks its mailbox before its user, and the other way round would be a deadlock.
  const text = 'DELETE FROM mailboxes WHERE user_id = current_tenant()';
  await queryPatiently(tx, { name: 'mailboxes-delete-all', text });
  // Then the subscription, for the same reason: whoever notes what Stripe says raises notices, which look at the user.
  await tx.query('SELECT FROM subscriptions WHERE user_id = current_tenant() FOR UPDATE');
  await tx.query('DELETE FROM users WHERE id = current_tenant()');
}

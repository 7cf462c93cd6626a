/** The link that ends mails of one kind: who and which in the open, vouched for by an HMAC that a worker has made. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { UserId } from './mailbox.ts';
import { isOptional, type OptionalKind } from './notice.ts';

export interface Unsubscription {
  readonly userId: UserId;
  readonly kind: OptionalKind;
  readonly token: string;
}

const tokenOf = (key: Uint8Array, userId: string, kind: string): string =>
  createHmac('sha256', key).update(`unsubscribe\n${userId}\n${kind}`).digest('base64url');

/** `publicUrl`: an origin. `noticeKey`: the user's. */
export function unsubscribeUrl(
  publicUrl: string,
  noticeKey: Uint8Array,
  userId: UserId,
  kind: OptionalKind,
): string {
  const query = new URLSearchParams({ user: userId, kind, token: tokenOf(noticeKey, userId, kind) });
  return `${publicUrl}/unsubscribe?${query}`;
}

/** What a link's query asks for, not yet checked; null when it is none of ours. */
export function parseUnsubscription(query: Readonly<Record<string, unknown>>): Unsubscription | null {
  const { user, kind, token } = query;
  if (typeof user !== 'string' || typeof kind !== 'string' || typeof token !== 'string') return null;
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(user) || !isOptional(kind)) return null;
  return { userId: user as UserId, kind, token };
}

export function isVouchedFor({ userId, kind, token }: Unsubscription, noticeKey: Uint8Array): boolean {
  const expected = Buffer.from(tokenOf(noticeKey, userId, kind));
  const given = Buffer.from(token);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/**
 * A worker's access tokens for sources, in memory only. Providers give a new refresh token with each use of the old one: it
 * is stored before the access token that came with it is used. A crash before that leaves the old one, which Microsoft
 * goes on honouring; a provider that does not will want its owner's consent again.
 */
import { Fault, isFault } from '../src/core/fault.ts';
import type { MailboxId } from '../src/core/mailbox.ts';
import { sourceTokenPlace } from '../src/core/place.ts';
import type { Log, Seal, Unseal } from '../src/core/ports.ts';
import type {
  RefreshedToken,
  SourceGrant,
  SourceGrants,
  SourceSignIns,
  SourceTokens,
  TokenMailbox,
} from '../src/core/source-grant.ts';
import { waitFor } from '../src/core/wait.ts';

/** ms that a token handed out is good for at least. */
const MARGIN = 300_000;
/** Tries to put a new refresh token in the place of the old one, which `rotate-keys` may be sealing anew. */
const TRIES = 3;
/** Tokens in memory, beyond which those that have expired are let go. */
const MANY = 1_000;

export interface SourceTokenDeps {
  readonly grants: SourceGrants;
  readonly signIns: SourceSignIns;
  readonly seal: Seal;
  readonly unseal: Unseal;
  readonly log: Log;
  /** ms since the epoch. */
  readonly now: () => number;
}

interface Held {
  readonly consent: number;
  readonly accessToken: string;
  readonly expiresAt: number;
}

type Usable = SourceGrant & { readonly sealedRefreshToken: Uint8Array };

export function createSourceTokens(deps: SourceTokenDeps): SourceTokens {
  const held = new Map<MailboxId, Held>();
  const pending = new Map<MailboxId, Promise<string>>();

  const renew = async (mailbox: TokenMailbox, grant: Usable): Promise<string> => {
    const { mailboxId } = mailbox;
    const { accessToken, expiresAt, consent } = await refresh(mailbox, grant, deps);
    if (held.size >= MANY) for (const [id, token] of held) if (token.expiresAt <= deps.now()) held.delete(id);
    held.set(mailboxId, { consent, accessToken, expiresAt });
    return accessToken;
  };

  return {
    async take(mailbox, signal, refused) {
      signal.throwIfAborted();
      const { userId, mailboxId, server } = mailbox;
      const grant = await deps.grants.load(userId, mailboxId);
      if (grant === null) throw new Fault('source-consent-missing');
      // Before anything else: whatever the row says, a token is for its provider's own servers.
      if (!deps.signIns.allows(grant.provider, server)) throw new Fault('source-host-foreign');
      if (!isUsable(grant)) {
        held.delete(mailboxId);
        throw new Fault(grant.consent > 0 ? 'source-consent-gone' : 'source-consent-missing');
      }
      const known = held.get(mailboxId);
      const fresh = known?.consent === grant.consent && known.expiresAt - MARGIN > deps.now();
      if (fresh && known.accessToken !== refused) return known.accessToken;
      // Shared by all who wait, so no single waiter's signal may end it; the endpoint has a deadline of its own.
      signal.throwIfAborted();
      const renewal =
        pending.get(mailboxId) ?? renew(mailbox, grant).finally(() => pending.delete(mailboxId));
      pending.set(mailboxId, renewal);
      return waitFor(renewal, signal);
    },
  };
}

const isUsable = (grant: SourceGrant): grant is Usable => grant.sealedRefreshToken !== null;

/** Redeems what is stored and stores what comes back. What another worker has stored meanwhile is tried in its turn. */
async function refresh(
  mailbox: TokenMailbox,
  grant: Usable,
  deps: SourceTokenDeps,
): Promise<RefreshedToken & { readonly consent: number }> {
  const token = await openToken(mailbox, grant, deps);
  try {
    const fresh = await deps.signIns.refresh(grant.provider, token, NEVER);
    if (fresh.refreshToken !== null && fresh.refreshToken !== token)
      await keep(mailbox, grant, token, fresh.refreshToken, deps);
    return { ...fresh, consent: grant.consent };
  } catch (error) {
    const { userId, mailboxId } = mailbox;
    if (!isFault(error, 'source-consent-gone')) {
      deps.log.warn('source sign-in in trouble', { mailboxId, ...statusOf(error) });
      throw error;
    }
    if (!(await deps.grants.replace(userId, mailboxId, grant, null))) {
      const now = await deps.grants.load(userId, mailboxId);
      if (now && isUsable(now) && (await openToken(mailbox, now, deps)) !== token)
        return refresh(mailbox, now, deps);
      if (now && isUsable(now)) await deps.grants.replace(userId, mailboxId, now, null);
    }
    deps.log.info('source consent ended', { mailboxId });
    throw error;
  }
}

/** What the token endpoint answered with, where it answered: 401 mostly is our own secret, which has ended. */
const statusOf = (error: unknown): { readonly status?: number } => {
  const cause = error instanceof Error ? error.cause : undefined;
  const status = cause instanceof Error && 'status' in cause ? cause.status : undefined;
  return typeof status === 'number' ? { status } : {};
};

const NEVER = new AbortController().signal;

/**
 * Whoever has redeemed the stored token has its successor, and nobody else has: so what guards this write is that the old
 * one is still there, not who holds the mailbox by now.
 */
async function keep(
  { userId, mailboxId, server }: TokenMailbox,
  grant: Usable,
  redeemed: string,
  next: string,
  deps: SourceTokenDeps,
): Promise<void> {
  const sealed = await deps.seal(new TextEncoder().encode(next), sourceTokenPlace(userId, mailboxId));
  let known: SourceGrant | null = grant;
  for (let left = TRIES; left > 0 && known && isUsable(known); left -= 1) {
    if (await deps.grants.replace(userId, mailboxId, known, sealed)) return;
    known = await deps.grants.load(userId, mailboxId);
    if (known?.consent !== grant.consent || !isUsable(known)) break;
    if ((await openToken({ userId, mailboxId, server }, known, deps)) !== redeemed) return;
  }
  // Another consent has taken its place, or none is left: this token is worth nothing any more.
  if (known?.consent !== grant.consent) throw new Fault('source-consent-gone');
}

/** A token that cannot be opened is as good as none: its owner must consent again. */
async function openToken(
  { userId, mailboxId }: TokenMailbox,
  { sealedRefreshToken }: Usable,
  { unseal }: SourceTokenDeps,
): Promise<string> {
  try {
    const opened = await unseal(sealedRefreshToken, sourceTokenPlace(userId, mailboxId));
    return Buffer.from(opened).toString('utf8');
  } catch (cause) {
    throw isFault(cause, 'seal-broken') ? new Fault('source-consent-gone', { cause }) : cause;
  }
}

/** Opens a session on a mailbox's server with what its owner gave for it: a password, or a sign-in at the provider. */
import { Fault, type FaultCode, isFault } from '../src/core/fault.ts';
import type { Credentials } from '../src/core/mailbox.ts';
import { passwordPlace } from '../src/core/place.ts';
import type { Unseal } from '../src/core/ports.ts';
import type { SourceTokens, TokenMailbox } from '../src/core/source-grant.ts';

export interface LoginDeps {
  readonly unseal: Unseal;
  readonly sourceTokens: SourceTokens;
}

export interface LoginMailbox extends TokenMailbox {
  readonly username: string;
  /** null: its owner signs in at the provider. */
  readonly sealedPassword: Uint8Array | null;
}

/**
 * What `open` returns for the credentials. An access token that the server refuses is tried once more with a fresh one. Faults
 * of `open`, `Unseal` and `SourceTokens`; `source-token-refused` in the place of those that speak of a password, where there
 * is none.
 */
export async function logIn<T>(
  mailbox: LoginMailbox,
  { unseal, sourceTokens }: LoginDeps,
  signal: AbortSignal,
  open: (credentials: Credentials) => Promise<T>,
): Promise<T> {
  const { username, userId, mailboxId, sealedPassword } = mailbox;
  if (sealedPassword !== null) {
    const opened = await unseal(sealedPassword, passwordPlace(userId, mailboxId));
    const password = Buffer.from(opened).toString('utf8');
    opened.fill(0);
    return open({ username, password });
  }
  const accessToken = await sourceTokens.take(mailbox, signal);
  try {
    return await open({ username, accessToken });
  } catch (error) {
    if (!isFault(error, 'login-refused')) throw withoutPassword(error);
  }
  const fresh = await sourceTokens.take(mailbox, signal, accessToken);
  try {
    return await open({ username, accessToken: fresh });
  } catch (error) {
    throw withoutPassword(error);
  }
}

const OF_PASSWORDS: ReadonlySet<FaultCode> = new Set([
  'login-refused',
  'login-disabled',
  'credentials-invalid',
]);

const withoutPassword = (cause: unknown): unknown =>
  isFault(cause) && OF_PASSWORDS.has(cause.code) ? new Fault('source-token-refused', { cause }) : cause;

/** The way of a mailbox's owner to its provider and back: bound to the session and to the mailbox, good once. */
import { createHash } from 'node:crypto';
import { isFault } from '../core/fault.ts';
import type { MailboxId } from '../core/mailbox.ts';
import { sourceTokenPlace } from '../core/place.ts';
import type { SignInClient } from '../core/sign-in-providers.ts';
import * as rows from '../db/mailboxes.ts';
import type { Tx } from '../db/pool.ts';
import { beginSourceConsent, takeSourceConsent } from '../db/source-consents.ts';
import { findGrantAccount, saveSourceGrant } from '../db/source-grants.ts';
import { exchangeSourceCode, refusalOf, type SourceConsent, sourceConsentUrl } from '../oauth/consent.ts';
import { HttpError } from './errors.ts';
import { isSameAccount, sealNewFingerprintKey } from './mailboxes.ts';
import type { SourceRefusalReason } from './pages/source-refusals.ts';
import type { Parts } from './parts.ts';
import { assertMayRun } from './plan.ts';
import { type Caller, hashToken, newToken } from './session.ts';
import { deriveSignIn } from './sign-in.ts';

const CONSENT_MS = 10 * 60 * 1000;
const EXCHANGE_MS = 20_000;

/** Where this ended; `refused` with the mailbox that it was about, where that is known. */
export type SourceOutcome =
  | { readonly kind: 'go'; readonly url: string }
  | { readonly kind: 'done'; readonly mailbox: rows.MailboxRow }
  | {
      readonly kind: 'refused';
      readonly reason: SourceRefusalReason;
      readonly mailbox: rows.MailboxRow | null;
    };

const refused = (reason: SourceRefusalReason, mailbox: rows.MailboxRow | null = null): SourceOutcome => ({
  kind: 'refused',
  reason,
  mailbox,
});

const redirectUriOf = ({ settings }: Parts): string => `${settings.publicUrl}/auth/source/callback`;

/** SESSION_SECRET and the session are in it, so neither the database nor a stolen callback URL is enough. */
const secretsOf = ({ settings }: Parts, state: string, { hash }: Caller) =>
  deriveSignIn(settings.sessionSecret, `source ${state}`, Buffer.from(hash).toString('base64url'));

/** Not the one that the table of sessions holds: nobody who has both tables learns more than from either. */
const sessionHash = ({ hash }: Caller): Uint8Array =>
  new Uint8Array(createHash('sha256').update('source consent').update(hash).digest());

export async function startSourceConsent(
  parts: Parts,
  caller: Caller,
  mailboxId: MailboxId,
): Promise<SourceOutcome> {
  const { userId } = caller;
  return parts.database.withTenant(userId, async (tx) => {
    const mailbox = await rows.findMailbox(tx, mailboxId);
    if (mailbox === null || mailbox.provider === null) return refused('missing');
    const client = parts.signIns.get(mailbox.provider);
    if (client === undefined) return refused('not-offered', mailbox);
    if (mailbox.state === 'suspended') return refused('suspended', mailbox);
    if (!(await hasRoom(parts, tx, mailbox))) return refused('plan', mailbox);
    const state = newToken();
    await beginSourceConsent(tx, {
      userId,
      mailboxId,
      stateHash: hashToken(state),
      sessionHash: sessionHash(caller),
      lifetimeMs: CONSENT_MS,
    });
    const request = {
      protocol: mailbox.protocol,
      hint: mailbox.username,
      redirectUri: redirectUriOf(parts),
    };
    const attempt = { state, ...secretsOf(parts, state, caller) };
    return { kind: 'go', url: sourceConsentUrl(client, request, attempt) };
  });
}

export interface SourceCallback {
  readonly state: string;
  readonly code: unknown;
  readonly error: unknown;
  readonly description: unknown;
}

/** Fault `source-sign-in-unavailable` is an outcome, too. */
export async function finishSourceConsent(
  parts: Parts,
  caller: Caller,
  { state, code, error, description }: SourceCallback,
): Promise<SourceOutcome> {
  const mailbox = await parts.database.withTenant(caller.userId, async (tx) => {
    const id = await takeSourceConsent(tx, hashToken(state), sessionHash(caller));
    return id === null ? null : rows.findMailbox(tx, id);
  });
  if (mailbox === null || mailbox.provider === null) return refused('expired');
  const client = parts.signIns.get(mailbox.provider);
  if (client === undefined) return refused('not-offered', mailbox);
  if (typeof code !== 'string' || code === '' || code.length > 8192 || error !== undefined)
    return refused(refusalOf(client, error, description), mailbox);
  const result = await exchange(parts, client, mailbox, code, secretsOf(parts, state, caller)).catch(
    (failure: unknown) => {
      if (!isFault(failure, 'source-sign-in-unavailable')) throw failure;
      return { kind: 'refused', reason: 'unavailable' } as const;
    },
  );
  if (result.kind === 'refused') return refused(result.reason, mailbox);
  return keep(parts, caller, mailbox, result.consent);
}

const exchange = (
  parts: Parts,
  client: SignInClient,
  { protocol }: rows.MailboxRow,
  code: string,
  secrets: ReturnType<typeof deriveSignIn>,
) => {
  const request = { protocol, code, redirectUri: redirectUriOf(parts) };
  return exchangeSourceCode(client, request, secrets, AbortSignal.timeout(EXCHANGE_MS));
};

/** Seals the token, stores it, and has the mailbox tested with it. */
async function keep(
  parts: Parts,
  { userId }: Caller,
  { id }: rows.MailboxRow,
  consent: SourceConsent,
): Promise<SourceOutcome> {
  const sealedRefreshToken = await parts.seal(
    new TextEncoder().encode(consent.refreshToken),
    sourceTokenPlace(userId, id),
  );
  return parts.database.withTenant(userId, async (tx) => {
    // Before the row, as for any change of server or credentials.
    await rows.lockMailboxList(tx);
    const mailbox = await rows.lockMailbox(tx, id);
    if (mailbox === null) return refused('missing');
    const others = (await rows.listMailboxes(tx)).filter((each) => each.id !== id);
    const reason = await refusalAt(tx, mailbox, others, consent);
    if (reason) return refused(reason, mailbox);
    if (!(await hasRoom(parts, tx, mailbox))) return refused('plan', mailbox);
    await saveSourceGrant(tx, { userId, mailboxId: id, accountId: consent.accountId, sealedRefreshToken });
    const { host, port, security, options, faultCode } = mailbox;
    const row = await rows.editMailbox(tx, id, {
      host,
      port,
      security,
      options,
      username: consent.email,
      sealedPassword: null,
      sealedFingerprintKey:
        faultCode === 'seal-broken' ? await sealNewFingerprintKey(parts, userId, id) : null,
      reconnects: true,
    });
    if (row === null) return refused('missing');
    await parts.queue.probe(tx, { userId, mailboxId: id, revision: row.revision });
    await rows.recallMailbox(tx, id);
    return { kind: 'done', mailbox: row };
  });
}

/** Whether the plan lets it run. What is paused goes on once its owner has signed in. */
async function hasRoom({ settings }: Parts, tx: Tx, { state, draft, id }: rows.MailboxRow): Promise<boolean> {
  if (state !== 'paused' || draft) return true;
  const others = (await rows.listMailboxes(tx)).filter((each) => each.id !== id);
  return assertMayRun(tx, settings.plans, others).then(
    () => true,
    (error: unknown) => {
      if (error instanceof HttpError && error.code === 'plan-limit') return false;
      throw error;
    },
  );
}

/** A mailbox that has been started stays that of the account it was started with: progress and audit log are about that. */
async function refusalAt(
  tx: Tx,
  mailbox: rows.MailboxRow,
  others: readonly rows.MailboxRow[],
  { accountId, email }: SourceConsent,
): Promise<SourceRefusalReason | null> {
  if (mailbox.state === 'suspended') return 'suspended';
  const former = mailbox.draft ? null : await findGrantAccount(tx, mailbox.id);
  if (former !== null && former !== accountId) return 'other-account';
  const { protocol, host, port } = mailbox;
  const account = { protocol, host, port, username: email };
  return others.some((other) => isSameAccount(other, account)) ? 'exists' : null;
}

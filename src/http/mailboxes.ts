/** What a user can do with a mailbox; the API and the pages both call these. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { MailboxId, Server, UserId } from '../core/mailbox.ts';
import { fingerprintKeyPlace, passwordPlace } from '../core/place.ts';
import { isServerOf } from '../core/sign-in-providers.ts';
import { readGrant } from '../db/grants.ts';
import { forgetLabels } from '../db/labels.ts';
import * as rows from '../db/mailboxes.ts';
import type { Tx } from '../db/pool.ts';
import { forgetReport } from '../db/probe-reports.ts';
import { wantReconciliation } from '../db/reconciliations.ts';
import { cancelSourceActions } from '../db/source-actions.ts';
import { retryTransfers } from '../db/transfers.ts';
import type { CreateMailbox, Mailbox, PatchMailbox } from './api.ts';
import { faultView, HttpError } from './errors.ts';
import { defaults, mergeOptions, optionsView, wholeOptions } from './mailbox-options.ts';
import type { Parts } from './parts.ts';
import { assertMayConnect, assertMayRun, fillRoom } from './plan.ts';

const MAX_MAILBOXES = 100;

export const mailboxView = (row: rows.MailboxRow): Mailbox => ({
  id: row.id,
  protocol: row.protocol,
  host: row.host,
  port: row.port,
  security: row.security,
  username: row.username,
  ...(row.auth === 'oauth' && { auth: row.auth, provider: row.provider ?? '' }),
  state: row.state,
  fault: faultView(row.faultCode),
  options: optionsView(row.options),
  progress: {
    found: row.delivered + row.rejected + row.failed + row.uncertain + row.skipped + row.waiting,
    delivered: row.delivered,
    rejected: row.rejected,
    failed: row.failed,
    uncertain: row.uncertain,
    waiting: row.waiting,
    bytes: row.bytes,
  },
  lastSyncAt: row.lastSyncAt?.toISOString() ?? null,
  nextSyncAt: row.state === 'active' || row.state === 'unreachable' ? row.nextRunAt.toISOString() : null,
  createdAt: row.createdAt.toISOString(),
});

export const listMailboxes = async (parts: Parts, userId: UserId): Promise<Mailbox[]> =>
  parts.database.withTenant(userId, async (tx) => (await rows.listMailboxes(tx)).map(mailboxView));

export const readMailbox = async (parts: Parts, userId: UserId, id: string): Promise<Mailbox> =>
  parts.database.withTenant(userId, async (tx) => {
    const row = await rows.findMailbox(tx, id as MailboxId);
    if (row === null) throw new HttpError('not-found');
    return mailboxView(row);
  });

/** Stores the mailbox and has it probed. The password is sealed before anything else happens to it. */
export async function connectMailbox(parts: Parts, userId: UserId, input: CreateMailbox): Promise<Mailbox> {
  const { password, options, start = true, auth, provider, ...server } = input;
  if (provider !== undefined) assertServerOf(parts, provider, server);
  const chosen = wholeOptions(parts, input.protocol, { ...defaults(parts), ...options });
  const id = randomUUID() as MailboxId;
  const [sealedPassword, sealedFingerprintKey] = await Promise.all([
    password === undefined ? null : sealPassword(parts, userId, id, password),
    sealNewFingerprintKey(parts, userId, id),
  ]);
  return parts.database.withTenant(userId, async (tx) => {
    await rows.lockMailboxList(tx);
    const others = await rows.listMailboxes(tx);
    if (others.length >= MAX_MAILBOXES) throw new HttpError('too-many');
    if (others.some((other) => isSameAccount(other, server))) throw new HttpError('mailbox-exists');
    await assertMayConnect(tx, parts.settings.plans, others);
    const row = await rows.createMailbox(tx, {
      ...server,
      id,
      userId,
      options: chosen,
      draft: !start,
      sealedPassword,
      provider: provider ?? null,
      sealedFingerprintKey,
    });
    // Without a consent there is nothing to log in with.
    if (auth === 'password') await parts.queue.probe(tx, { userId, mailboxId: id, revision: row.revision });
    return mailboxView(row);
  });
}

/** A new server or new credentials are probed again; the worker that holds the mailbox is told of any change. */
export async function editMailbox(
  parts: Parts,
  userId: UserId,
  id: string,
  patch: PatchMailbox,
): Promise<Mailbox> {
  const { password, options, ...server } = patch;
  const sealedPassword =
    password === undefined ? undefined : await sealPassword(parts, userId, id as MailboxId, password);
  return parts.database.withTenant(userId, async (tx) => {
    const moves = Object.keys(server).length > 0;
    const reconnects = password !== undefined || moves;
    // Before the row, as for a new mailbox.
    if (reconnects) await rows.lockMailboxList(tx);
    const current = await mustLock(tx, id);
    if (current.state === 'suspended') throw new HttpError('state-conflict');
    if (current.provider !== null && (moves || password !== undefined))
      throw new HttpError('invalid-request', FIXED_BY_PROVIDER);
    // Else a borrowed session could have the stored password sent to a server of its choice.
    if (server.host !== undefined && server.host !== current.host && password === undefined)
      throw new HttpError('invalid-request', 'password: is required when host changes');
    const { host = current.host, port = current.port, username = current.username } = server;
    const account = { protocol: current.protocol, host, port, username };
    const others = reconnects ? await rows.listMailboxes(tx) : [];
    // A paused one goes on once it is tested.
    if (reconnects && current.state === 'paused' && !current.draft)
      await assertMayRun(tx, parts.settings.plans, others);
    if (others.some((other) => other.id !== current.id && isSameAccount(other, account)))
      throw new HttpError('mailbox-exists');
    const chosen = options && wholeOptions(parts, current.protocol, mergeOptions(current.options, options));
    // What waits for one thing at the source is not to meet another, nor the same when it is chosen again.
    if (chosen && chosen.afterImport !== current.options.afterImport)
      await cancelSourceActions(tx, current.id);
    // It may be the other secret that could not be opened, which nobody can enter: a new one, and the mailbox goes on.
    const heals = current.faultCode === 'seal-broken' && password !== undefined;
    const row = await rows.editMailbox(tx, current.id, {
      host,
      port,
      security: server.security ?? current.security,
      username,
      sealedPassword: sealedPassword ?? null,
      sealedFingerprintKey: heals ? await sealNewFingerprintKey(parts, userId, current.id) : null,
      options: chosen ?? current.options,
      reconnects,
    });
    if (row === null) throw new HttpError('not-found');
    if (reconnects) await parts.queue.probe(tx, { userId, mailboxId: row.id, revision: row.revision });
    if (options?.label !== undefined || options?.folderLabels !== undefined) await forgetLabels(tx, row.id);
    await rows.recallMailbox(tx, row.id);
    return mailboxView(row);
  });
}

export async function deleteMailbox(parts: Parts, userId: UserId, id: string): Promise<void> {
  const gone = await parts.database.withTenant(userId, async (tx) => {
    await rows.recallMailbox(tx, id as MailboxId);
    return rows.deleteMailbox(tx, id as MailboxId);
  });
  if (!gone) throw new HttpError('not-found');
  await fillRoom(parts, userId);
}

/**
 * Makes the mailbox due now, has a draft tested again. One that is paused or waits for its owner has to be put right
 * first.
 */
export const syncMailbox = (parts: Parts, userId: UserId, id: string): Promise<Mailbox> =>
  change(parts, userId, id, async (tx, current) => {
    const { id: mailboxId, state, revision, draft } = current;
    if (draft) return testAgain(parts, tx, userId, current);
    // Its probe may have been given up; one that still waits takes this one in.
    if (state === 'probing') return parts.queue.probe(tx, { userId, mailboxId, revision });
    if (state !== 'active' && state !== 'unreachable') throw new HttpError('state-conflict');
    await rows.setDue(tx, mailboxId);
    await wantReconciliation(tx, mailboxId);
  });

export const pauseMailbox = async (parts: Parts, userId: UserId, id: string): Promise<Mailbox> => {
  const paused = await change(parts, userId, id, async (tx, current) => {
    if (current.state === 'suspended' || current.draft) throw new HttpError('state-conflict');
    await rows.setState(tx, current.id, 'paused', null);
  });
  await fillRoom(parts, userId);
  return paused;
};

export const resumeMailbox = (parts: Parts, userId: UserId, id: string): Promise<Mailbox> =>
  change(parts, userId, id, async (tx, current) => {
    if (current.state === 'suspended')
      throw new HttpError(current.faultCode === 'plan-limit' ? 'plan-limit' : 'state-conflict');
    if (current.state !== 'paused') return;
    await assertMayRun(tx, parts.settings.plans, await rows.listMailboxes(tx));
    if (current.draft) {
      if (current.faultCode !== 'setup-unfinished') return testAgain(parts, tx, userId, current);
      await startDraft(tx, current.id);
    }
    if ((await readGrant(tx)) === null) await rows.setState(tx, current.id, 'needs-consent', 'grant-missing');
    else await rows.setState(tx, current.id, 'active', null);
  });

async function testAgain(
  parts: Parts,
  tx: Tx,
  userId: UserId,
  { id: mailboxId, revision }: rows.MailboxRow,
): Promise<void> {
  await rows.setProbing(tx, mailboxId);
  await parts.queue.probe(tx, { userId, mailboxId, revision });
}

/** What its test found has been chosen from, and is nobody's business any more. */
async function startDraft(tx: Tx, id: MailboxId): Promise<void> {
  await rows.startDraft(tx, id);
  await forgetReport(tx, id);
}

/** Failed and uncertain messages, or those of one kind, wait for their next try from now on; how many. */
export const retryMailbox = (
  parts: Parts,
  userId: UserId,
  id: string,
  status: 'failed' | 'uncertain' | undefined,
): Promise<number> =>
  parts.database.withTenant(userId, async (tx) => {
    const current = await mustLock(tx, id);
    const retried = await retryTransfers(tx, current.id, status ? [status] : ['failed', 'uncertain']);
    if (retried > 0) await rows.setDue(tx, current.id);
    await rows.recallMailbox(tx, current.id);
    return retried;
  });

async function change(
  parts: Parts,
  userId: UserId,
  id: string,
  act: (tx: Tx, current: rows.MailboxRow) => Promise<void>,
): Promise<Mailbox> {
  return parts.database.withTenant(userId, async (tx) => {
    // Before the row, as for a new mailbox: how many run is counted.
    await rows.lockMailboxList(tx);
    await act(tx, await mustLock(tx, id));
    await rows.recallMailbox(tx, id as MailboxId);
    return mailboxView(await mustLock(tx, id));
  });
}

/** Locked, so that two changes at once do not undo one another. */
async function mustLock(tx: Tx, id: string): Promise<rows.MailboxRow> {
  const row = await rows.lockMailbox(tx, id as MailboxId);
  if (row === null) throw new HttpError('not-found');
  return row;
}

/** Connecting one account twice would deliver its mail twice. */
export const isSameAccount = (
  row: rows.MailboxRow,
  server: Pick<CreateMailbox, 'protocol' | 'host' | 'port' | 'username'>,
): boolean =>
  row.protocol === server.protocol &&
  row.host === server.host &&
  row.port === server.port &&
  row.username === server.username;

/** A sign-in is for the provider's own servers: no other may ever see its tokens. */
function assertServerOf(parts: Parts, provider: string, server: Server): void {
  const client = parts.signIns.get(provider);
  if (client === undefined) throw new HttpError('sign-in-not-offered');
  if (!isServerOf(client, server))
    throw new HttpError(
      'invalid-request',
      'host: must be a server of the provider, with its port and security',
    );
}

const FIXED_BY_PROVIDER =
  'body: server, user name and password of this mailbox are its provider’s to say; sign in there again instead';

const sealPassword = (parts: Parts, userId: UserId, id: MailboxId, password: string): Promise<Uint8Array> =>
  parts.seal(new TextEncoder().encode(password), passwordPlace(userId, id));

/** Without the old one, messages that the source numbers anew are no longer recognised. */
export const sealNewFingerprintKey = (parts: Parts, userId: UserId, id: MailboxId): Promise<Uint8Array> =>
  parts.seal(new Uint8Array(randomBytes(32)), fingerprintKeyPlace(userId, id));

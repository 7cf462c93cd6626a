/** Mailboxes as their owner sees and changes them. */
import type {
  MailboxAuth,
  MailboxId,
  MailboxOptions,
  MailboxState,
  Server,
  UserId,
} from '../core/mailbox.ts';
import { queryPatiently } from './patience.ts';
import type { Tx } from './pool.ts';

export interface MailboxRow extends Server {
  readonly id: MailboxId;
  readonly username: string;
  readonly auth: MailboxAuth;
  /** Where its owner signs in; present exactly with `oauth`. */
  readonly provider: string | null;
  readonly options: MailboxOptions;
  readonly state: MailboxState;
  readonly faultCode: string | null;
  /** Connected, and its owner has not chosen yet what to import: probed, never visited. */
  readonly draft: boolean;
  /** Bumped by every change of server or credentials. */
  readonly revision: number;
  readonly delivered: number;
  readonly rejected: number;
  readonly failed: number;
  readonly uncertain: number;
  readonly skipped: number;
  readonly waiting: number;
  readonly bytes: number;
  readonly nextRunAt: Date;
  readonly lastSyncAt: Date | null;
  readonly createdAt: Date;
}

const COLUMNS = `id, protocol, host, port, security, username, auth, provider, options, state,
  fault_code AS "faultCode", draft, revision,
  delivered, rejected, failed, uncertain, skipped, waiting, bytes, next_run_at AS "nextRunAt",
  last_sync_at AS "lastSyncAt", created_at AS "createdAt"`;

/** The tenant's mailboxes, oldest first. */
export async function listMailboxes(tx: Tx): Promise<MailboxRow[]> {
  return tx.query<MailboxRow>({
    name: 'mailboxes-list',
    text: `SELECT ${COLUMNS} FROM mailboxes WHERE user_id = current_tenant() ORDER BY created_at, id`,
  });
}

/** Null when the tenant has no such mailbox. */
export async function findMailbox(tx: Tx, id: MailboxId): Promise<MailboxRow | null> {
  const [row] = await tx.query<MailboxRow>(`SELECT ${COLUMNS} FROM mailboxes WHERE id = $1`, [id]);
  return row ?? null;
}

/** The same, locked until the transaction ends. */
export async function lockMailbox(tx: Tx, id: MailboxId): Promise<MailboxRow | null> {
  const [row] = await tx.query<MailboxRow>(
    `SELECT ${COLUMNS} FROM mailboxes WHERE id = $1 FOR NO KEY UPDATE`,
    [id],
  );
  return row ?? null;
}

/** All of the tenant's, locked until the transaction ends: before the grant, which everybody locks after them. */
export async function lockMailboxes(tx: Tx): Promise<void> {
  await tx.query('SELECT FROM mailboxes WHERE user_id = current_tenant() ORDER BY id FOR NO KEY UPDATE');
}

/** Until the transaction ends nobody else adds a mailbox to the tenant, or lets one go on. */
export async function lockMailboxList(tx: Tx): Promise<void> {
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('mailboxes ' || current_tenant(), 0))");
}

export interface NewMailbox extends Server {
  readonly id: MailboxId;
  readonly userId: UserId;
  readonly username: string;
  readonly options: MailboxOptions;
  /** Default false. */
  readonly draft?: boolean;
  /** null: `provider` has the owner's consent to ask for. */
  readonly sealedPassword: Uint8Array | null;
  readonly provider?: string | null;
  readonly sealedFingerprintKey: Uint8Array;
}

/** Stores it in state `probing`; where a consent is needed first, waiting for that. */
export async function createMailbox(tx: Tx, mailbox: NewMailbox): Promise<MailboxRow> {
  const { draft = false } = mailbox;
  const [row] = await tx.query<MailboxRow>(
    `INSERT INTO mailboxes (id, user_id, protocol, host, port, security, username, options, sealed_password,
       sealed_fingerprint_key, draft, auth, provider, state, fault_code)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING ${COLUMNS}`,
    [
      mailbox.id,
      mailbox.userId,
      mailbox.protocol,
      mailbox.host,
      mailbox.port,
      mailbox.security,
      mailbox.username,
      JSON.stringify(mailbox.options),
      mailbox.sealedPassword,
      mailbox.sealedFingerprintKey,
      draft,
      ...(mailbox.provider
        ? ['oauth', mailbox.provider, draft ? 'paused' : 'needs-password', 'source-consent-missing']
        : ['password', null, 'probing', null]),
    ],
  );
  if (!row) throw new Error('INSERT returned no row');
  return row;
}

export interface MailboxEdit {
  readonly host: string;
  readonly port: number;
  readonly security: Server['security'];
  readonly username: string;
  readonly options: MailboxOptions;
  /** null: what is there stays. */
  readonly sealedPassword: Uint8Array | null;
  readonly sealedFingerprintKey: Uint8Array | null;
  /** Server or credentials have changed: a new revision, to be probed. */
  readonly reconnects: boolean;
}

export async function editMailbox(tx: Tx, id: MailboxId, edit: MailboxEdit): Promise<MailboxRow | null> {
  const [row] = await tx.query<MailboxRow>(
    `UPDATE mailboxes SET host = $2, port = $3, security = $4, username = $5, options = $6,
       sealed_password = COALESCE($7, sealed_password),
       sealed_fingerprint_key = COALESCE($9, sealed_fingerprint_key), changed_at = now(),
       revision = CASE WHEN $8::boolean THEN revision + 1 ELSE revision END,
       state = CASE WHEN $8 THEN 'probing' ELSE state END,
       fault_code = CASE WHEN $8 THEN NULL ELSE fault_code END
     WHERE id = $1 RETURNING ${COLUMNS}`,
    [
      id,
      edit.host,
      edit.port,
      edit.security,
      edit.username,
      JSON.stringify(edit.options),
      edit.sealedPassword,
      edit.reconnects,
      edit.sealedFingerprintKey,
    ],
  );
  return row ?? null;
}

/** A mailbox made active is due at once. */
export async function setState(
  tx: Tx,
  id: MailboxId,
  state: MailboxState,
  faultCode: string | null,
): Promise<void> {
  await tx.query(
    `UPDATE mailboxes SET state = $2, fault_code = $3, changed_at = now(),
       next_run_at = CASE WHEN $2 = 'active' THEN now() ELSE next_run_at END
     WHERE id = $1`,
    [id, state, faultCode],
  );
}

/** A draft becomes a mailbox like any other: connected from now on, so that what comes later is new. */
export async function startDraft(tx: Tx, id: MailboxId): Promise<void> {
  await tx.query('UPDATE mailboxes SET draft = false, created_at = now() WHERE id = $1 AND draft', [id]);
}

/** A draft is tested again. */
export async function setProbing(tx: Tx, id: MailboxId): Promise<void> {
  await tx.query(
    "UPDATE mailboxes SET state = 'probing', fault_code = NULL, changed_at = now() WHERE id = $1",
    [id],
  );
}

export async function setDue(tx: Tx, id: MailboxId): Promise<void> {
  await tx.query('UPDATE mailboxes SET next_run_at = now(), changed_at = now() WHERE id = $1', [id]);
}

/** After a new consent: the tenant's mailboxes that waited for it are active and due. */
export async function resumeAfterConsent(tx: Tx): Promise<void> {
  await tx.query(
    `UPDATE mailboxes SET state = 'active', fault_code = NULL, next_run_at = now(), changed_at = now()
     WHERE user_id = current_tenant() AND state = 'needs-consent'`,
  );
}

/** Tells the worker that holds the mailbox, if one does, to look again. */
export async function recallMailbox(tx: Tx, id: MailboxId): Promise<void> {
  await tx.query(
    `INSERT INTO recalls (worker_id, mailbox_id)
     SELECT leased_by, id FROM mailboxes WHERE id = $1 AND leased_by IS NOT NULL ON CONFLICT DO NOTHING`,
    [id],
  );
}

/** The same for all mailboxes of the tenant. */
export async function recallMailboxes(tx: Tx): Promise<void> {
  await tx.query(
    `INSERT INTO recalls (worker_id, mailbox_id)
     SELECT leased_by, id FROM mailboxes WHERE user_id = current_tenant() AND leased_by IS NOT NULL
     ON CONFLICT DO NOTHING`,
  );
}

/** Deletes it with all its rows. False when the tenant has no such mailbox. */
export async function deleteMailbox(tx: Tx, id: MailboxId): Promise<boolean> {
  const text = 'DELETE FROM mailboxes WHERE id = $1 RETURNING id';
  const rows = await queryPatiently(tx, { name: 'mailboxes-delete', text }, [id]);
  return rows.length > 0;
}

/**
 * The ledger's statements. In each, everything written hangs on `fence`, the mailbox row locked under the run's
 * epoch and worker: when that is not there, nothing is written and `held` is 0. $1 mailbox, $2 epoch,
 * $3 worker, $4 user in all of them.
 */
import type { Statement } from './pool.ts';

const FENCE = `fence AS (
  SELECT id, protocol FROM mailboxes WHERE id = $1 AND epoch = $2 AND leased_by = $3 AND user_id = $4 FOR NO KEY UPDATE)`;
/** Fingerprints made from here on are of this generation. */
const GENERATION = '(SELECT COALESCE(max(g.generation), 0) FROM folder_cursors g WHERE g.mailbox_id = $1)';
/** What an open transfer alone has. */
const FORGET_UPLOAD = `session = NULL, run_key_id = NULL, digest = NULL, has_message_id = NULL, fingerprint = NULL,
        generation = NULL, intended_at = NULL, from_headers = NULL, has_nul = NULL, disclosed = NULL, content = NULL`;
/** A repaired copy counts as the message. */
const IN_GMAIL = "status IN ('delivered', 'repaired')";
/** Not in Gmail, or in Gmail by another folder's copy. What is known from before a renumbering was delivered. */
const LEFT_OUT = "(e.status = 'skipped' AND e.reason IS DISTINCT FROM 'already-delivered')";
const HELD = 'SELECT count(*) AS held FROM fence';

/**
 * $5 waiting, $6 whether all was done that can be done now. A folder was listed, so what a former visit found wrong is over; a run that goes on to watch keeps its
 * lease for hours, and its owner must not see an old fault meanwhile.
 */
export const OBSERVE: Statement = {
  name: 'ledger-observe',
  text: `WITH fence AS (
      UPDATE mailboxes SET waiting = $5, changed_at = now(), last_sync_at = CASE WHEN $6 THEN now() ELSE last_sync_at END,
        failures = CASE WHEN state IN ('active', 'unreachable') THEN 0 ELSE failures END,
        fault_code = CASE WHEN state IN ('active', 'unreachable') THEN NULL ELSE fault_code END,
        state = CASE state WHEN 'unreachable' THEN 'active' ELSE state END
      WHERE id = $1 AND epoch = $2 AND leased_by = $3 AND user_id = $4 RETURNING id)
    ${HELD}`,
};

/**
 * $5 folder, $6 UIDVALIDITY, $7 baseline, $8 settled, $9 renumbered. Another UIDVALIDITY makes all that was known
 * void (RFC 3501 §2.3.1.1), whether or not the caller says so.
 */
export const OBSERVE_FOLDER: Statement = {
  name: 'ledger-observe-folder',
  text: `WITH ${FENCE}, saved AS (
      INSERT INTO folder_cursors AS c (user_id, mailbox_id, folder, uid_validity, baseline, settled, generation)
      SELECT $4, id, $5::text, $6::bigint, $7::bigint, $8::int8multirange,
        CASE WHEN $9::boolean THEN 1 + ${GENERATION} ELSE 0 END FROM fence
      ON CONFLICT (mailbox_id, folder) DO UPDATE SET
        uid_validity = EXCLUDED.uid_validity, baseline = EXCLUDED.baseline,
        generation = greatest(c.generation, EXCLUDED.generation),
        settled = CASE WHEN c.uid_validity = EXCLUDED.uid_validity AND NOT $9
          THEN c.settled + EXCLUDED.settled ELSE EXCLUDED.settled END,
        skipped = CASE WHEN c.uid_validity = EXCLUDED.uid_validity AND NOT $9 THEN c.skipped ELSE '{}' END)
    ${HELD}`,
};

/**
 * $5 hashes, $6 whether each is settled, $7 renumbered. A settled one stays so, unless renumbered. A hash that is
 * in neither set was settled or is gone, so it stays as it is. `NOT IN` looks in a hash table whatever the plan; `<> ALL` of a
 * plan for any array walks all of it for each row.
 */
export const OBSERVE_UIDLS: Statement = {
  name: 'ledger-observe-uidls',
  text: `WITH ${FENCE}, visited AS (
      INSERT INTO folder_cursors AS c (user_id, mailbox_id, folder, uid_validity, baseline, generation)
      SELECT $4, id, 'INBOX', 0, 0, CASE WHEN $7::boolean THEN 1 + ${GENERATION} ELSE 0 END FROM fence
      ON CONFLICT (mailbox_id, folder) DO UPDATE SET generation = EXCLUDED.generation WHERE $7
    ), void AS (
      DELETE FROM uidls u USING fence WHERE $7 AND u.mailbox_id = fence.id
        AND u.hash NOT IN (SELECT h FROM unnest($5::bytea[]) AS i (h))
    ), saved AS (
      INSERT INTO uidls AS u (user_id, mailbox_id, hash, settled)
      SELECT $4, id, i.hash, i.settled FROM fence, unnest($5::bytea[], $6::boolean[]) AS i (hash, settled)
      ON CONFLICT (mailbox_id, hash) DO UPDATE SET settled = EXCLUDED.settled, skipped = u.skipped AND EXCLUDED.settled
      WHERE EXCLUDED.settled <> u.settled AND (EXCLUDED.settled OR $7))
    ${HELD}`,
};

/** $5 id, $6 sealed. */
export const KEEP_RUN_KEY: Statement = {
  name: 'ledger-keep-run-key',
  text: `WITH ${FENCE}, saved AS (
      INSERT INTO run_keys (id, user_id, mailbox_id, sealed) SELECT $5::uuid, $4, id, $6::bytea FROM fence
      ON CONFLICT DO NOTHING)
    ${HELD}`,
};

/**
 * Columns of $5…: key, session, run key, total, digest, domain, has Message-ID, fingerprint, arrival (ms), backlog, repair,
 * From headers, has NUL, what its entry is to say, content.
 */
export const INTEND: Statement = {
  name: 'ledger-intend',
  text: `WITH ${FENCE}, saved AS (
      INSERT INTO transfers AS t (user_id, mailbox_id, state, key, session, run_key_id, size_bytes, digest,
        sender_domain, has_message_id, fingerprint, generation, arrived_at, backlog, repair, from_headers, has_nul,
        disclosed, content, intended_at, retry_at)
      SELECT $4, fence.id, 'open', i.key, i.session, i.run_key, i.total, i.digest, i.domain, i.has_message_id,
        i.fingerprint, ${GENERATION}, to_timestamp(i.arrived / 1000), i.backlog, i.repair, i.from_headers,
        i.has_nul, i.disclosed, i.content, clock_timestamp(), clock_timestamp()
      FROM fence, unnest($5::text[], $6::bytea[], $7::uuid[], $8::bigint[], $9::bytea[], $10::text[],
        $11::boolean[], $12::bytea[], $13::double precision[], $14::boolean[], $15::text[], $16::integer[], $17::boolean[],
        $18::text[], $19::bytea[]) AS i (key, session, run_key, total, digest, domain, has_message_id, fingerprint, arrived, backlog, repair,
          from_headers, has_nul, disclosed, content)
      ON CONFLICT (mailbox_id, key) DO UPDATE SET state = 'open', session = EXCLUDED.session,
        run_key_id = EXCLUDED.run_key_id, size_bytes = EXCLUDED.size_bytes, digest = EXCLUDED.digest,
        sender_domain = EXCLUDED.sender_domain, has_message_id = EXCLUDED.has_message_id,
        fingerprint = EXCLUDED.fingerprint, generation = EXCLUDED.generation,
        arrived_at = EXCLUDED.arrived_at, backlog = EXCLUDED.backlog, reason = NULL, repair = EXCLUDED.repair,
        from_headers = EXCLUDED.from_headers, has_nul = EXCLUDED.has_nul, disclosed = EXCLUDED.disclosed,
        content = EXCLUDED.content, intended_at = EXCLUDED.intended_at, retry_at = EXCLUDED.retry_at)
    ${HELD}`,
};

/** Columns of $5…: key, reason, tries, retry time (ms), size, arrival (ms), backlog. An open transfer keeps its total. */
export const POSTPONE: Statement = {
  name: 'ledger-postpone',
  text: `WITH ${FENCE}, saved AS (
      INSERT INTO transfers AS t (user_id, mailbox_id, state, key, reason, tries, retry_at, size_bytes, arrived_at, backlog)
      SELECT $4, fence.id, 'waiting', i.key, i.reason, i.tries, to_timestamp(i.retry / 1000), i.size,
        to_timestamp(i.arrived / 1000), i.backlog
      FROM fence, unnest($5::text[], $6::text[], $7::integer[], $8::double precision[], $9::bigint[],
        $10::double precision[], $11::boolean[]) AS i (key, reason, tries, retry, size, arrived, backlog)
      ON CONFLICT (mailbox_id, key) DO UPDATE SET reason = EXCLUDED.reason, tries = EXCLUDED.tries,
        retry_at = EXCLUDED.retry_at, arrived_at = EXCLUDED.arrived_at,
        size_bytes = CASE t.state WHEN 'open' THEN t.size_bytes ELSE EXCLUDED.size_bytes END
      WHERE t.state IN ('open', 'waiting'))
    ${HELD}`,
};

/**
 * Columns of $5…: key, repair, tries, retry time (ms), size, arrival (ms), backlog. Whatever the transfer was, it waits now:
 * the session of an open one can complete nothing any more.
 */
export const REPAIR: Statement = {
  name: 'ledger-repair',
  text: `WITH ${FENCE}, saved AS (
      INSERT INTO transfers AS t (user_id, mailbox_id, state, key, reason, repair, tries, retry_at, size_bytes, arrived_at, backlog)
      SELECT $4, fence.id, 'waiting', i.key, i.repair, i.repair, i.tries, to_timestamp(i.retry / 1000), i.size,
        to_timestamp(i.arrived / 1000), i.backlog
      FROM fence, unnest($5::text[], $6::text[], $7::integer[], $8::double precision[], $9::bigint[],
        $10::double precision[], $11::boolean[]) AS i (key, repair, tries, retry, size, arrived, backlog)
      ON CONFLICT (mailbox_id, key) DO UPDATE SET state = 'waiting', reason = EXCLUDED.reason, repair = EXCLUDED.repair,
        tries = EXCLUDED.tries, retry_at = EXCLUDED.retry_at, size_bytes = EXCLUDED.size_bytes,
        arrived_at = EXCLUDED.arrived_at, ${FORGET_UPLOAD}
      WHERE t.state IN ('open', 'waiting'))
    ${HELD}`,
};

/**
 * Columns of $5…: key, folder, UIDVALIDITY, UID, UIDL hash, status, reason, domain, size, arrival (ms), backlog,
 * fingerprint, whether its owner is to be told that it was rejected, size as claimed, identity.
 *
 * `effective` is what makes settling again change nothing: a message with a row open or waiting is unsettled, one
 * with a row in a terminal state is settled, and without a row the cursor says. A message of a former UIDVALIDITY
 * is outside the cursor's knowledge; it is unsettled only if it has its row. The counter of an earlier
 * terminal state was moved back to `waiting` by the owner's "retry now", so here every message leaves `waiting`.
 * `entries` draws the audit entries' ids, so that a message that keeps its row is found by its entry. `disposable`: only what
 * Gmail has for certain is ever touched at the source, and only if its owner wants that at this very moment.
 */
export const SETTLE: Statement = {
  name: 'ledger-settle',
  text: `WITH input AS (
      SELECT * FROM unnest($5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bytea[], $10::text[], $11::text[],
        $12::text[], $13::bigint[], $14::double precision[], $15::boolean[], $16::bytea[], $17::boolean[], $18::integer[],
        $19::bytea[], $20::bytea[]) WITH ORDINALITY
        AS i (key, folder, uid_validity, uid, hash, status, reason, domain, size, arrived, backlog, fingerprint, notice, claimed,
          identity, content, ord)
    ), effective AS MATERIALIZED (
      SELECT i.*, t.generation, i.uid_validity = COALESCE(c.uid_validity, max(i.uid_validity) OVER (PARTITION BY i.folder)) AS current
      FROM input i
      LEFT JOIN transfers t ON t.mailbox_id = $1 AND t.key = i.key
      LEFT JOIN folder_cursors c ON c.mailbox_id = $1 AND c.folder = i.folder
      LEFT JOIN uidls u ON u.mailbox_id = $1 AND u.hash = i.hash
      WHERE t.state IN ('open', 'waiting') OR (t.key IS NULL AND CASE WHEN i.hash IS NOT NULL
        THEN u.settled IS NOT TRUE
        ELSE c.folder IS NULL OR (c.uid_validity = i.uid_validity AND NOT c.settled @> i.uid) END)
    ), entries AS MATERIALIZED (
      SELECT e.*, nextval('audit_entry_id') AS audit_id FROM effective e ORDER BY e.ord
    ), fence AS (
      UPDATE mailboxes m SET delivered = m.delivered + d.delivered, rejected = m.rejected + d.rejected,
        failed = m.failed + d.failed, uncertain = m.uncertain + d.uncertain, skipped = m.skipped + d.skipped,
        waiting = greatest(m.waiting - d.settled, 0), bytes = m.bytes + d.bytes, changed_at = now()
      FROM (SELECT count(*) AS settled, count(*) FILTER (WHERE ${IN_GMAIL}) AS delivered,
          count(*) FILTER (WHERE status = 'rejected') AS rejected, count(*) FILTER (WHERE status = 'failed') AS failed,
          count(*) FILTER (WHERE status = 'uncertain') AS uncertain,
          count(*) FILTER (WHERE status = 'skipped') AS skipped,
          COALESCE(sum(size) FILTER (WHERE ${IN_GMAIL}), 0) AS bytes FROM effective) d
      WHERE m.id = $1 AND m.epoch = $2 AND m.leased_by = $3 AND m.user_id = $4
      RETURNING m.id, m.options->>'afterImport' AS after_import
    ), cursors AS (
      INSERT INTO folder_cursors AS c (user_id, mailbox_id, folder, uid_validity, baseline, settled, skipped)
      SELECT $4, fence.id, e.folder, e.uid_validity, 1, range_agg(int8range(e.uid, e.uid + 1)),
        COALESCE(range_agg(int8range(e.uid, e.uid + 1)) FILTER (WHERE ${LEFT_OUT}), '{}')
      FROM effective e, fence WHERE e.current GROUP BY fence.id, e.folder, e.uid_validity
      ON CONFLICT (mailbox_id, folder) DO UPDATE SET settled = c.settled + EXCLUDED.settled,
        skipped = CASE WHEN isempty(EXCLUDED.skipped) THEN c.skipped ELSE c.skipped + EXCLUDED.skipped END
    ), hashes AS (
      INSERT INTO uidls (user_id, mailbox_id, hash, settled, skipped, size, identity)
      SELECT $4, fence.id, e.hash, true, ${LEFT_OUT}, e.claimed, e.identity FROM effective e, fence WHERE e.hash IS NOT NULL
      ON CONFLICT (mailbox_id, hash) DO UPDATE SET settled = true, skipped = EXCLUDED.skipped, size = EXCLUDED.size,
        identity = EXCLUDED.identity
    ), gone AS (
      DELETE FROM transfers t USING effective e, fence
      WHERE t.mailbox_id = fence.id AND t.key = e.key AND (${IN_GMAIL} OR e.status = 'skipped')
    ), kept AS (
      INSERT INTO transfers AS t (user_id, mailbox_id, key, state, tries, reason, size_bytes, arrived_at, backlog, sender_domain,
        audit_id, notice)
      SELECT $4, fence.id, e.key, e.status, 1, e.reason, e.size, to_timestamp(e.arrived / 1000), e.backlog, e.domain,
        e.audit_id, e.notice
      FROM entries e, fence WHERE e.status IN ('rejected', 'failed', 'uncertain')
      ON CONFLICT (mailbox_id, key) DO UPDATE SET state = EXCLUDED.state, reason = EXCLUDED.reason,
        size_bytes = EXCLUDED.size_bytes, sender_domain = EXCLUDED.sender_domain, audit_id = EXCLUDED.audit_id,
        notice = EXCLUDED.notice, retry_at = NULL, ${FORGET_UPLOAD}
    ), known AS (
      INSERT INTO fingerprints AS f (user_id, mailbox_id, fingerprint, content, generation, folder)
      SELECT $4, fence.id, e.fingerprint, COALESCE(e.content, ''), min(COALESCE(e.generation, ${GENERATION})),
        (array_agg(e.folder ORDER BY e.ord DESC) FILTER (WHERE ${IN_GMAIL}))[1]
      FROM effective e, fence WHERE e.fingerprint IS NOT NULL GROUP BY fence.id, e.fingerprint, COALESCE(e.content, '')
      ON CONFLICT (mailbox_id, fingerprint, content) DO UPDATE SET generation = least(f.generation, EXCLUDED.generation),
        folder = COALESCE(EXCLUDED.folder, f.folder)
      WHERE EXCLUDED.generation < f.generation OR (EXCLUDED.folder IS NOT NULL AND EXCLUDED.folder IS DISTINCT FROM f.folder)
    ), disposable AS (
      INSERT INTO source_actions AS a (user_id, mailbox_id, key, action, fingerprint, size_bytes, delivered_at, audit_id)
      SELECT $4, fence.id, e.key, fence.after_import, e.fingerprint, e.size, now(), e.audit_id FROM entries e, fence
      WHERE e.status = 'delivered' AND e.fingerprint IS NOT NULL AND fence.after_import <> 'keep'
      ON CONFLICT (mailbox_id, key) DO UPDATE SET action = EXCLUDED.action, fingerprint = EXCLUDED.fingerprint,
        size_bytes = EXCLUDED.size_bytes, delivered_at = EXCLUDED.delivered_at, tries = 0, retry_at = '-infinity',
        audit_id = EXCLUDED.audit_id
    ), overtaken AS (
      INSERT INTO source_outcomes (user_id, mailbox_id, audit_id, action, outcome)
      SELECT $4, fence.id, a.audit_id, a.action, 'changed' FROM entries e, fence, source_actions a
      WHERE a.mailbox_id = fence.id AND a.key = e.key AND a.audit_id IS NOT NULL
        AND e.status = 'delivered' AND e.fingerprint IS NOT NULL AND fence.after_import <> 'keep'
    ), audited AS (
      INSERT INTO audit_entries (id, user_id, mailbox_id, sender_domain, status, reason, size_bytes, delay_ms)
      SELECT e.audit_id, $4, fence.id, e.domain, e.status, e.reason, e.size, CASE WHEN NOT e.backlog AND e.arrived IS NOT NULL
        THEN greatest(extract(epoch FROM clock_timestamp()) * 1000 - e.arrived, 0)::bigint END
      FROM entries e, fence ORDER BY e.ord
    ), used AS (
      INSERT INTO allowances AS a (user_id, day, bytes)
      SELECT $4, (now() AT TIME ZONE 'UTC')::date, sum(e.size) FROM effective e, fence WHERE ${IN_GMAIL}
      HAVING count(*) > 0
      ON CONFLICT (user_id) DO UPDATE SET day = EXCLUDED.day,
        bytes = CASE WHEN a.day = EXCLUDED.day THEN a.bytes ELSE 0 END + EXCLUDED.bytes
    )
    ${HELD}`,
};

/** Run keys whose transfers are all settled serve nobody. */
export const DROP_RUN_KEYS: Statement = {
  name: 'ledger-drop-run-keys',
  text: `WITH ${FENCE}, dropped AS (
      DELETE FROM run_keys k USING fence WHERE k.mailbox_id = fence.id AND NOT EXISTS (
        SELECT FROM transfers t WHERE t.mailbox_id = k.mailbox_id AND t.run_key_id = k.id AND t.state = 'open'))
    SELECT count(*) AS held, min(protocol) AS protocol FROM fence`,
};

/** $1 mailbox. */
export const LOAD_CURSORS: Statement = {
  name: 'ledger-load-cursors',
  text: 'SELECT folder, uid_validity, baseline, settled::text, generation > 0 AS renumbered FROM folder_cursors WHERE mailbox_id = $1',
};

/** $1 mailbox. One row for the settled and one for the rest, each hash 32 hex digits: 100,000 rows would cost three times the CPU. */
export const LOAD_UIDLS: Statement = {
  name: 'ledger-load-uidls',
  text: "SELECT settled, encode(string_agg(hash, ''::bytea), 'hex') AS hashes FROM uidls WHERE mailbox_id = $1 GROUP BY settled",
};

/** $1 mailbox. */
export const LOAD_TRANSFERS: Statement = {
  name: 'ledger-load-transfers',
  text: `SELECT t.*, k.sealed AS sealed_run_key FROM transfers t LEFT JOIN run_keys k
    ON k.mailbox_id = t.mailbox_id AND k.id = t.run_key_id
    WHERE t.mailbox_id = $1 AND t.state IN ('open', 'waiting')`,
};

/** The tenant's own row. */
export const LOAD_BYTES_TODAY: Statement = {
  name: 'ledger-load-bytes-today',
  text: "SELECT bytes FROM allowances WHERE day = (now() AT TIME ZONE 'UTC')::date",
};

/** $1 mailbox, $2 folder, $3 fingerprint. What was settled under the folder's present ids says nothing. */
export const RECOGNISE: Statement = {
  name: 'ledger-recognise',
  text: `SELECT 1 FROM fingerprints f JOIN folder_cursors c ON c.mailbox_id = f.mailbox_id AND c.folder = $2
    WHERE f.mailbox_id = $1 AND f.fingerprint = $3 AND f.generation < c.generation`,
};

/**
 * $1 mailbox, $2 folder, $3 fingerprints, $4 folders that do not count, $5 contents; answers in the fingerprints' order. One
 * of an unknown folder may be of this one; contents that are not known are taken for the same.
 */
export const ELSEWHERE: Statement = {
  name: 'ledger-elsewhere',
  text: `SELECT EXISTS (SELECT FROM fingerprints f WHERE f.mailbox_id = $1 AND f.fingerprint = w.fingerprint
        AND f.folder <> $2 AND f.folder <> ALL ($4::text[]) AND (f.content = '' OR w.content IS NULL OR f.content = w.content))
      AS found FROM unnest($3::bytea[], $5::bytea[]) WITH ORDINALITY AS w (fingerprint, content, ord) ORDER BY w.ord`,
};

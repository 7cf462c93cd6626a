-- Roles, tenant tables with forced row-level security, and the few narrow functions that cross tenants.
-- Applied by the owner (src/db/migrate.ts), in one transaction, under a lock.

-- smtp_sync_web and smtp_sync_worker are what the two processes run as: never owners, never bypassing RLS.
-- smtp_sync_gate owns the functions that must look across tenants; nobody logs in as it.
DO $$
DECLARE
  r text;
BEGIN
  FOREACH r IN ARRAY ARRAY['smtp_sync_web', 'smtp_sync_worker', 'smtp_sync_gate'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', r);
    END IF;
  END LOOP;
END
$$;
GRANT smtp_sync_gate TO CURRENT_USER;
GRANT USAGE ON SCHEMA public TO smtp_sync_web, smtp_sync_worker, smtp_sync_gate;
GRANT CREATE ON SCHEMA public TO smtp_sync_gate;

-- The tenant whose rows this transaction may touch; NULL, and so nobody's, when not set.
CREATE FUNCTION current_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT NULLIF(current_setting('app.user_id', true), '')::uuid $$;

-- ---------------------------------------------------------------- tenants

CREATE TABLE users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  google_sub text NOT NULL UNIQUE,
  email text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- One Google consent per user. No row: none was given, or it was destroyed.
CREATE TABLE grants (
  user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
  sealed_refresh_token bytea NOT NULL,
  -- base64(SHA-512(SHA-512(token))) is how Google's RISC events name a token.
  refresh_token_hash text NOT NULL,
  scopes text[] NOT NULL,
  granted_at timestamptz NOT NULL DEFAULT now(),
  -- Set when Gmail refuses the account as such (no Gmail, administrator's policy); cleared by a new consent.
  fault_code text
);
CREATE INDEX grants_refresh_token_hash ON grants (refresh_token_hash);

-- What a user has used of Gmail's daily bandwidth, and until when Gmail asked to wait.
CREATE TABLE allowances (
  user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
  day date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date,
  bytes bigint NOT NULL DEFAULT 0,
  resume_at timestamptz
);

CREATE TABLE sessions (
  token_hash bytea PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_user_id ON sessions (user_id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE api_keys (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  name text NOT NULL,
  key_hash bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz
);
CREATE INDEX api_keys_user_id ON api_keys (user_id);

-- A connected legacy account; the row is also its schedule and its lease.
CREATE TABLE mailboxes (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  protocol text NOT NULL CHECK (protocol IN ('imap', 'pop3')),
  host text NOT NULL,
  port integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
  security text NOT NULL CHECK (security IN ('tls', 'starttls')),
  username text NOT NULL,
  sealed_password bytea NOT NULL,
  -- 32 random bytes that key the fingerprints of this mailbox's messages.
  sealed_fingerprint_key bytea NOT NULL,
  options jsonb NOT NULL,
  state text NOT NULL DEFAULT 'probing' CHECK (state IN
    ('probing', 'active', 'paused', 'needs-password', 'needs-consent', 'unreachable', 'suspended')),
  fault_code text,
  -- Bumped by every change of server or credentials, so that a late probe cannot judge the wrong ones.
  revision integer NOT NULL DEFAULT 0,
  delivered bigint NOT NULL DEFAULT 0,
  rejected bigint NOT NULL DEFAULT 0,
  failed bigint NOT NULL DEFAULT 0,
  uncertain bigint NOT NULL DEFAULT 0,
  skipped bigint NOT NULL DEFAULT 0,
  waiting bigint NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0,
  next_run_at timestamptz NOT NULL DEFAULT now(),
  leased_by uuid,
  -- A next_run_at later than this was set while the run was under way: its owner wants another visit.
  leased_at timestamptz,
  epoch bigint NOT NULL DEFAULT 0,
  -- Visits in a row that ended in a fault; the backoff's exponent.
  failures integer NOT NULL DEFAULT 0,
  last_sync_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (user_id, id)
) WITH (fillfactor = 70);
CREATE INDEX mailboxes_due ON mailboxes (next_run_at) WHERE state IN ('active', 'unreachable');
CREATE INDEX mailboxes_leased_by ON mailboxes (leased_by) WHERE leased_by IS NOT NULL;

-- How far a folder is settled. For POP3 the row says only that the first visit has been made.
CREATE TABLE folder_cursors (
  user_id uuid NOT NULL,
  mailbox_id uuid NOT NULL,
  folder text NOT NULL,
  uid_validity bigint NOT NULL,
  baseline bigint NOT NULL,
  settled int8multirange NOT NULL DEFAULT '{}',
  -- 0 until the source gives its messages new ids; then one more than any folder of the mailbox had. Backlog is
  -- recognised before it is imported: by a fingerprint of a lower generation.
  generation integer NOT NULL DEFAULT 0,
  PRIMARY KEY (mailbox_id, folder),
  FOREIGN KEY (user_id, mailbox_id) REFERENCES mailboxes (user_id, id) ON DELETE CASCADE
) WITH (fillfactor = 70);

-- POP3: which UIDLs are settled, and which were there at the first visit and are not yet.
CREATE TABLE uidls (
  user_id uuid NOT NULL,
  mailbox_id uuid NOT NULL,
  hash bytea NOT NULL CHECK (octet_length(hash) = 16),
  settled boolean NOT NULL,
  PRIMARY KEY (mailbox_id, hash),
  FOREIGN KEY (user_id, mailbox_id) REFERENCES mailboxes (user_id, id) ON DELETE CASCADE
);

CREATE TABLE run_keys (
  user_id uuid NOT NULL,
  mailbox_id uuid NOT NULL,
  id uuid NOT NULL,
  sealed bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (mailbox_id, id),
  FOREIGN KEY (user_id, mailbox_id) REFERENCES mailboxes (user_id, id) ON DELETE CASCADE
);

-- Messages on their way, or refused: src/core/transfer.ts has the states.
CREATE TABLE transfers (
  user_id uuid NOT NULL,
  mailbox_id uuid NOT NULL,
  key text NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'waiting', 'rejected', 'failed', 'uncertain')),
  tries integer NOT NULL DEFAULT 0,
  retry_at timestamptz,
  reason text,
  size_bytes bigint,
  arrived_at timestamptz,
  backlog boolean NOT NULL,
  sender_domain text,
  session bytea,
  run_key_id uuid,
  digest bytea,
  has_message_id boolean,
  fingerprint bytea,
  -- The mailbox's highest generation at the intent: that of its fingerprint, whenever it settles.
  generation integer,
  intended_at timestamptz,
  PRIMARY KEY (mailbox_id, key),
  FOREIGN KEY (user_id, mailbox_id) REFERENCES mailboxes (user_id, id) ON DELETE CASCADE,
  CHECK (state <> 'open' OR (session IS NOT NULL AND run_key_id IS NOT NULL AND digest IS NOT NULL
    AND size_bytes IS NOT NULL AND has_message_id IS NOT NULL AND sender_domain IS NOT NULL AND fingerprint IS NOT NULL
    AND generation IS NOT NULL AND intended_at IS NOT NULL AND retry_at IS NOT NULL)),
  CHECK (state <> 'waiting' OR retry_at IS NOT NULL)
) WITH (fillfactor = 70);

-- Recognises messages whose source has re-numbered them.
CREATE TABLE fingerprints (
  user_id uuid NOT NULL,
  mailbox_id uuid NOT NULL,
  fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 16),
  -- When it was settled first.
  generation integer NOT NULL,
  PRIMARY KEY (mailbox_id, fingerprint),
  FOREIGN KEY (user_id, mailbox_id) REFERENCES mailboxes (user_id, id) ON DELETE CASCADE
);

-- The Glass Box. Immutable: the worker may insert and nothing else, the web process may read.
CREATE SEQUENCE audit_entry_id;
CREATE TABLE audit_entries (
  user_id uuid NOT NULL,
  id bigint NOT NULL DEFAULT nextval('audit_entry_id'),
  mailbox_id uuid NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  sender_domain text NOT NULL CHECK (length(sender_domain) <= 253),
  status text NOT NULL CHECK (status IN ('delivered', 'rejected', 'failed', 'uncertain', 'skipped')),
  reason text,
  size_bytes bigint NOT NULL,
  delay_ms bigint,
  PRIMARY KEY (user_id, id),
  FOREIGN KEY (user_id, mailbox_id) REFERENCES mailboxes (user_id, id) ON DELETE CASCADE
) PARTITION BY HASH (user_id);
DO $$
BEGIN
  FOR i IN 0..15 LOOP
    EXECUTE format('CREATE TABLE audit_entries_%s PARTITION OF audit_entries FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
      lpad(i::text, 2, '0'), i);
  END LOOP;
END
$$;
CREATE INDEX audit_entries_mailbox ON audit_entries (user_id, mailbox_id, id);
CREATE INDEX audit_entries_domain ON audit_entries (user_id, sender_domain, id);
CREATE INDEX audit_entries_at ON audit_entries (user_id, at);

-- ---------------------------------------------------------------- nobody's

-- A worker process proves here, once a second, that it lives.
CREATE TABLE workers (
  id uuid PRIMARY KEY,
  beat_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

-- Tells a worker to look again at a mailbox it holds: paused, edited, deleted, or wanted now.
CREATE TABLE recalls (
  worker_id uuid NOT NULL,
  mailbox_id uuid NOT NULL,
  PRIMARY KEY (worker_id, mailbox_id)
);

-- A sign-in under way. One-time: the callback deletes the row. Nonce and PKCE verifier are derived, not stored.
CREATE TABLE sign_ins (
  state_hash bytea PRIMARY KEY,
  expires_at timestamptz NOT NULL
);

-- ---------------------------------------------------------------- row-level security

DO $$
DECLARE
  t text;
  tenant_column text;
BEGIN
  FOR t, tenant_column IN
    SELECT c.relname, CASE c.relname WHEN 'users' THEN 'id' ELSE 'user_id' END
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      AND (c.relname = 'users' OR EXISTS (SELECT FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attname = 'user_id' AND NOT a.attisdropped))
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I TO smtp_sync_web, smtp_sync_worker USING (%I = current_tenant()) WITH CHECK (%I = current_tenant())',
      t, tenant_column, tenant_column);
    EXECUTE format('CREATE POLICY gate ON %I TO smtp_sync_gate USING (true) WITH CHECK (true)', t);
  END LOOP;
END
$$;

GRANT SELECT, DELETE ON users TO smtp_sync_web;
GRANT SELECT ON users TO smtp_sync_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON grants TO smtp_sync_web;
GRANT SELECT, UPDATE, DELETE ON grants TO smtp_sync_worker;
GRANT SELECT ON allowances TO smtp_sync_web;
GRANT SELECT, INSERT, UPDATE ON allowances TO smtp_sync_worker;
GRANT SELECT, INSERT, DELETE ON sessions TO smtp_sync_web;
GRANT DELETE ON sessions TO smtp_sync_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys TO smtp_sync_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON mailboxes TO smtp_sync_web;
GRANT SELECT, UPDATE ON mailboxes TO smtp_sync_worker;
GRANT SELECT, UPDATE ON transfers TO smtp_sync_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON folder_cursors, uidls, run_keys, transfers, fingerprints TO smtp_sync_worker;
GRANT SELECT ON audit_entries TO smtp_sync_web;
GRANT INSERT ON audit_entries TO smtp_sync_worker;
GRANT USAGE ON SEQUENCE audit_entry_id TO smtp_sync_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON workers TO smtp_sync_worker;
GRANT SELECT, DELETE ON recalls TO smtp_sync_worker;
GRANT SELECT, INSERT ON recalls TO smtp_sync_web;
GRANT SELECT, INSERT, DELETE ON sign_ins TO smtp_sync_web;
GRANT SELECT, DELETE ON sign_ins TO smtp_sync_worker;

GRANT SELECT, INSERT, UPDATE ON users TO smtp_sync_gate;
GRANT SELECT, DELETE ON sessions TO smtp_sync_gate;
GRANT SELECT, UPDATE ON api_keys TO smtp_sync_gate;
GRANT SELECT, UPDATE ON mailboxes TO smtp_sync_gate;
GRANT SELECT ON grants, allowances, workers TO smtp_sync_gate;

-- ---------------------------------------------------------------- across tenants, through these only

-- The user who signed in at Google, created on the first visit.
CREATE FUNCTION sign_in(p_google_sub text, p_email text) RETURNS uuid
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public
  AS $$
    INSERT INTO users (google_sub, email) VALUES (p_google_sub, p_email)
    ON CONFLICT (google_sub) DO UPDATE SET email = EXCLUDED.email
    RETURNING id
  $$;

-- Whose session this is; none when unknown or expired.
CREATE FUNCTION session_user_id(p_token_hash bytea) RETURNS uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
  AS $$ SELECT user_id FROM sessions WHERE token_hash = p_token_hash AND expires_at > now() $$;

-- Whose API key this is. Last use is kept to the minute.
CREATE FUNCTION api_key_user_id(p_key_hash bytea) RETURNS uuid
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
  AS $$
  DECLARE
    owner uuid;
  BEGIN
    SELECT user_id INTO owner FROM api_keys WHERE key_hash = p_key_hash;
    UPDATE api_keys SET last_used_at = now()
      WHERE key_hash = p_key_hash AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute');
    RETURN owner;
  END
  $$;

-- Whose refresh token Google names in a RISC event.
CREATE FUNCTION grant_user_ids(p_refresh_token_hash text) RETURNS SETOF uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
  AS $$ SELECT user_id FROM grants WHERE refresh_token_hash = p_refresh_token_hash $$;
CREATE FUNCTION google_user_id(p_google_sub text) RETURNS uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
  AS $$ SELECT id FROM users WHERE google_sub = p_google_sub $$;

-- Leases up to p_limit due mailboxes to the worker and hands them over, credentials still sealed.
-- A mailbox is free when nobody holds it or its holder has not been seen for 15 seconds. All mailboxes
-- of a user go to one worker, so that Gmail's allowance per user is kept in one place; the advisory
-- lock makes that strict. Empty when another worker is claiming at this moment.
CREATE FUNCTION claim_mailboxes(p_worker uuid, p_limit integer) RETURNS TABLE (
    mailbox_id uuid, user_id uuid, epoch bigint, protocol text, host text, port integer, security text, username text,
    sealed_password bytea, sealed_fingerprint_key bytea, options jsonb, created_at timestamptz, failures integer,
    sealed_refresh_token bytea)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
  AS $$
  BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('smtp-sync claim')) THEN
      RETURN;
    END IF;
    RETURN QUERY
    WITH alive AS (
      SELECT w.id FROM workers w WHERE w.beat_at > now() - interval '15 seconds'
    ), due AS (
      SELECT m.id FROM mailboxes m
      JOIN grants g ON g.user_id = m.user_id AND g.fault_code IS NULL
      LEFT JOIN allowances a ON a.user_id = m.user_id
      WHERE m.state IN ('active', 'unreachable') AND m.next_run_at <= now()
        AND (m.leased_by IS NULL OR m.leased_by NOT IN (SELECT id FROM alive))
        AND (a.resume_at IS NULL OR a.resume_at <= now())
        AND NOT EXISTS (SELECT FROM mailboxes o
          WHERE o.user_id = m.user_id AND o.leased_by <> p_worker AND o.leased_by IN (SELECT id FROM alive))
      ORDER BY m.next_run_at
      LIMIT p_limit
      FOR UPDATE OF m SKIP LOCKED
    ), claimed AS (
      UPDATE mailboxes m SET leased_by = p_worker, leased_at = now(), epoch = m.epoch + 1
      FROM due WHERE m.id = due.id
      RETURNING m.*
    )
    SELECT c.id, c.user_id, c.epoch, c.protocol, c.host, c.port, c.security, c.username,
      c.sealed_password, c.sealed_fingerprint_key, c.options, c.created_at, c.failures, g.sealed_refresh_token
    FROM claimed c JOIN grants g ON g.user_id = c.user_id
    ORDER BY c.next_run_at;
  END
  $$;

-- Frees what the worker holds except p_kept: leases whose hand-over got lost, or all when it ends.
CREATE FUNCTION free_mailboxes(p_worker uuid, p_kept uuid[]) RETURNS bigint
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public
  AS $$
    WITH freed AS (
      UPDATE mailboxes SET leased_by = NULL, epoch = epoch + 1
      WHERE leased_by = p_worker AND id <> ALL (p_kept) RETURNING 1
    ) SELECT count(*) FROM freed
  $$;

-- User ids in order, a page at a time: for rotate-keys and the sweep.
CREATE FUNCTION tenants_after(p_after uuid, p_limit integer) RETURNS SETOF uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
  AS $$ SELECT id FROM users WHERE p_after IS NULL OR id > p_after ORDER BY id LIMIT p_limit $$;

-- Removes sessions past their end; how many.
CREATE FUNCTION sweep_sessions() RETURNS bigint
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public
  AS $$ WITH gone AS (DELETE FROM sessions WHERE expires_at <= now() RETURNING 1) SELECT count(*) FROM gone $$;

DO $$
DECLARE
  f text;
BEGIN
  FOREACH f IN ARRAY ARRAY['sign_in(text, text)', 'session_user_id(bytea)', 'api_key_user_id(bytea)',
    'grant_user_ids(text)', 'google_user_id(text)', 'claim_mailboxes(uuid, integer)',
    'free_mailboxes(uuid, uuid[])', 'tenants_after(uuid, integer)', 'sweep_sessions()'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('ALTER FUNCTION %s OWNER TO smtp_sync_gate', f);
  END LOOP;
END
$$;
REVOKE CREATE ON SCHEMA public FROM smtp_sync_gate;
GRANT EXECUTE ON FUNCTION sign_in(text, text), session_user_id(bytea), api_key_user_id(bytea),
  grant_user_ids(text), google_user_id(text) TO smtp_sync_web;
GRANT EXECUTE ON FUNCTION claim_mailboxes(uuid, integer), free_mailboxes(uuid, uuid[]), tenants_after(uuid, integer),
  sweep_sessions() TO smtp_sync_worker;

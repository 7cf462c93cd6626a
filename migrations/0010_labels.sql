-- Gmail labels: which a mailbox's messages get, by the names and ids that Gmail has them under. What is here is a note of
-- what Gmail has; it may be thrown away at any time.
CREATE TABLE labels (
  user_id uuid NOT NULL,
  mailbox_id uuid NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 225),
  gmail_label_id text NOT NULL CHECK (length(gmail_label_id) BETWEEN 1 AND 255),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (mailbox_id, name),
  FOREIGN KEY (user_id, mailbox_id) REFERENCES mailboxes (user_id, id) ON DELETE CASCADE
);
CREATE INDEX labels_user_id ON labels (user_id);
ALTER TABLE labels ENABLE ROW LEVEL SECURITY;
ALTER TABLE labels FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON labels TO smtp_sync_web, smtp_sync_worker
  USING (user_id = current_tenant()) WITH CHECK (user_id = current_tenant());
CREATE POLICY gate ON labels TO smtp_sync_gate USING (true) WITH CHECK (true);
GRANT SELECT, DELETE ON labels TO smtp_sync_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON labels TO smtp_sync_worker;

-- Whether a sign-in under way asks for labels, too: its end says something else when they are not given.
ALTER TABLE sign_ins ADD COLUMN labels boolean NOT NULL DEFAULT false;

-- As before, and with what the owner of the mailbox allows at Google.
DROP FUNCTION claim_mailboxes(uuid, integer);
CREATE FUNCTION claim_mailboxes(p_worker uuid, p_limit integer) RETURNS TABLE (
    mailbox_id uuid, user_id uuid, epoch bigint, protocol text, host text, port integer, security text, username text,
    sealed_password bytea, sealed_fingerprint_key bytea, options jsonb, created_at timestamptz, failures integer,
    sealed_refresh_token bytea, scopes text[], plan text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
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
      c.sealed_password, c.sealed_fingerprint_key, c.options, c.created_at, c.failures, g.sealed_refresh_token, g.scopes,
      plan_of(s.status, s.period_ends_at, s.past_due_since)
    FROM claimed c JOIN grants g ON g.user_id = c.user_id LEFT JOIN subscriptions s ON s.user_id = c.user_id
    ORDER BY c.next_run_at;
  END
  $$;
REVOKE ALL ON FUNCTION claim_mailboxes(uuid, integer) FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO smtp_sync_gate;
ALTER FUNCTION claim_mailboxes(uuid, integer) OWNER TO smtp_sync_gate;
REVOKE CREATE ON SCHEMA public FROM smtp_sync_gate;
GRANT EXECUTE ON FUNCTION claim_mailboxes(uuid, integer) TO smtp_sync_worker;

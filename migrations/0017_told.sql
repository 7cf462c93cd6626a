-- What its owner is told of a message beyond its audit entry: what became of it at the source. And of a source that does
-- not do what it is asked for: a notice for each cause.

-- What the entry of an open transfer says when it turns out to be delivered: it goes without its label, or its date.
ALTER TABLE transfers ADD COLUMN disclosed text;

-- ---------------------------------------------------------------- message by message

-- Whose entry it is. NULL: from before this was kept.
ALTER TABLE source_actions ADD COLUMN audit_id bigint;
CREATE INDEX source_actions_entry ON source_actions (mailbox_id, audit_id);

-- How it ended. Like the entry it belongs to it is written once, holds nothing of the message, and goes with the mailbox.
CREATE TABLE source_outcomes (
  user_id uuid NOT NULL,
  mailbox_id uuid NOT NULL,
  audit_id bigint NOT NULL,
  action text NOT NULL CHECK (action IN ('delete', 'move', 'mark-read')),
  outcome text NOT NULL CHECK (outcome IN ('done', 'gone', 'changed', 'renumbered', 'refused')),
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (mailbox_id, audit_id),
  FOREIGN KEY (user_id, mailbox_id) REFERENCES mailboxes (user_id, id) ON DELETE CASCADE
);
ALTER TABLE source_outcomes ENABLE ROW LEVEL SECURITY;
ALTER TABLE source_outcomes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON source_outcomes TO smtp_sync_web, smtp_sync_worker
  USING (user_id = current_tenant()) WITH CHECK (user_id = current_tenant());
CREATE POLICY gate ON source_outcomes TO smtp_sync_gate USING (true) WITH CHECK (true);
GRANT SELECT ON source_outcomes TO smtp_sync_web;
GRANT INSERT ON source_outcomes TO smtp_sync_worker;

-- ---------------------------------------------------------------- notices

-- `problem` is that of the last portion alone; this is what was met last, and stays until it is known to be over, or was not
-- met for two days.
ALTER TABLE source_totals
  ADD COLUMN trouble text,
  -- When it was met first, and last.
  ADD COLUMN trouble_since timestamptz,
  ADD COLUMN trouble_at timestamptz;
CREATE INDEX source_totals_trouble ON source_totals (trouble_at) WHERE trouble IS NOT NULL;
-- Who chooses otherwise has ended it.
GRANT UPDATE (problem, trouble) ON source_totals TO smtp_sync_web;
GRANT SELECT ON source_totals TO smtp_sync_gate;

ALTER TABLE notices DROP CONSTRAINT notices_kind_check, ADD CONSTRAINT notices_kind_check CHECK (kind IN ('login-failed',
  'server-unreachable', 'consent-lost', 'messages-refused', 'backlog-finished', 'payment-failed', 'wipe-soon', 'webhook-off',
  'source-unchanged'));
ALTER TABLE notice_settings DROP CONSTRAINT notice_settings_muted_check, ADD CONSTRAINT notice_settings_muted_check
  CHECK (muted <@ ARRAY['server-unreachable', 'messages-refused', 'backlog-finished', 'webhook-off', 'source-unchanged']);

-- Whether its owner is to know: somebody who has just chosen it is in front of the screen, and a connection that is cut now
-- and then mends itself.
CREATE FUNCTION is_source_trouble(p_trouble text, p_since timestamptz, p_at timestamptz, p_after_import text) RETURNS boolean
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT p_trouble IS NOT NULL AND p_after_import <> 'keep' AND p_at > now() - interval '2 days'
    AND p_since < now() - CASE p_trouble WHEN 'source-trouble' THEN interval '1 day' ELSE interval '15 minutes' END $$;

-- Makes the open notices of this kind agree with what was met at the sources. As reconcile_notices it waits for nobody's row.
CREATE FUNCTION reconcile_source_notices() RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
  BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('smtp-sync source notices')) THEN
      RETURN;
    END IF;
    -- What has become another cause is told of anew.
    UPDATE notices SET closed_at = now(), mail_due_at = NULL WHERE id IN (
      SELECT n.id FROM notices n JOIN mailboxes m ON m.id = n.mailbox_id LEFT JOIN source_totals t ON t.mailbox_id = m.id
      WHERE n.kind = 'source-unchanged' AND n.closed_at IS NULL
        AND (is_source_trouble(t.trouble, t.trouble_since, t.trouble_at, m.options ->> 'afterImport')
          AND n.detail ->> 'problem' = t.trouble) IS NOT TRUE
      FOR UPDATE OF n SKIP LOCKED);
    PERFORM raise_notice(c.user_id, c.id, 'source-unchanged', jsonb_build_object('problem', c.trouble)) FROM (
      SELECT m.user_id, m.id, t.trouble FROM source_totals t JOIN mailboxes m ON m.id = t.mailbox_id
      WHERE t.trouble IS NOT NULL
        AND is_source_trouble(t.trouble, t.trouble_since, t.trouble_at, m.options ->> 'afterImport')
        AND NOT EXISTS (SELECT FROM notices n WHERE n.user_id = m.user_id AND n.mailbox_id = m.id
          AND n.kind = 'source-unchanged' AND n.closed_at IS NULL)
      ORDER BY m.id FOR KEY SHARE OF m SKIP LOCKED) c;
  END
  $$;

GRANT CREATE ON SCHEMA public TO smtp_sync_gate;
REVOKE ALL ON FUNCTION reconcile_source_notices() FROM PUBLIC;
ALTER FUNCTION reconcile_source_notices() OWNER TO smtp_sync_gate;
REVOKE CREATE ON SCHEMA public FROM smtp_sync_gate;
GRANT EXECUTE ON FUNCTION reconcile_source_notices() TO smtp_sync_worker;

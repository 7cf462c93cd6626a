-- The wizard: mailboxes that are connected and not started yet, what their test found, and how much there would be to import.

-- A draft is probed and never visited until its owner has chosen what to import. Its test over, it is paused: with the
-- code of what went wrong, or `setup-unfinished`.
ALTER TABLE mailboxes
  ADD COLUMN draft boolean NOT NULL DEFAULT false,
  ADD CONSTRAINT mailboxes_draft CHECK (NOT draft OR state IN ('probing', 'paused'));

-- How far the test of a mailbox has come, and for drafts what it found. Gone when the mailbox is set up.
CREATE TABLE probe_reports (
  mailbox_id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  -- Of the mailbox's server and credentials: a report on a former one counts for nothing.
  revision integer NOT NULL,
  -- The step under way, or the one that failed.
  step text NOT NULL CHECK (step IN ('resolve', 'connect', 'encrypt', 'login', 'folders')),
  fault_code text,
  finished boolean NOT NULL DEFAULT false,
  folders jsonb NOT NULL DEFAULT '[]',
  idle boolean NOT NULL DEFAULT false,
  uidl boolean NOT NULL DEFAULT false,
  changed_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (user_id, mailbox_id) REFERENCES mailboxes (user_id, id) ON DELETE CASCADE
);
CREATE INDEX probe_reports_changed_at ON probe_reports (changed_at);

-- How much a choice would import, asked by the web process and answered by a worker. Lives for seconds.
CREATE TABLE previews (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL,
  mailbox_id uuid NOT NULL,
  question jsonb NOT NULL,
  answer jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (user_id, mailbox_id) REFERENCES mailboxes (user_id, id) ON DELETE CASCADE
);
CREATE INDEX previews_user_id ON previews (user_id);
CREATE INDEX previews_mailbox_id ON previews (mailbox_id);
CREATE INDEX previews_created_at ON previews (created_at);

DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['probe_reports', 'previews'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I TO smtp_sync_web, smtp_sync_worker USING (user_id = current_tenant()) WITH CHECK (user_id = current_tenant())', t);
    EXECUTE format('CREATE POLICY gate ON %I TO smtp_sync_gate USING (true) WITH CHECK (true)', t);
  END LOOP;
END
$$;

GRANT SELECT, DELETE ON probe_reports TO smtp_sync_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON probe_reports TO smtp_sync_worker;
GRANT SELECT, DELETE ON probe_reports TO smtp_sync_gate;
GRANT SELECT, INSERT, DELETE ON previews TO smtp_sync_web;
GRANT SELECT, UPDATE ON previews TO smtp_sync_worker;
GRANT SELECT, DELETE ON previews TO smtp_sync_gate;

-- Removes previews that nobody waits for and reports of setups that nobody goes on with; how many.
CREATE FUNCTION sweep_setups() RETURNS bigint
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public
  AS $$
    WITH unasked AS (DELETE FROM previews WHERE created_at <= now() - interval '5 minutes' RETURNING 1),
      forgotten AS (DELETE FROM probe_reports WHERE changed_at <= now() - interval '7 days' RETURNING 1)
    SELECT (SELECT count(*) FROM unasked) + (SELECT count(*) FROM forgotten)
  $$;
REVOKE ALL ON FUNCTION sweep_setups() FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO smtp_sync_gate;
ALTER FUNCTION sweep_setups() OWNER TO smtp_sync_gate;
REVOKE CREATE ON SCHEMA public FROM smtp_sync_gate;
GRANT EXECUTE ON FUNCTION sweep_setups() TO smtp_sync_worker;

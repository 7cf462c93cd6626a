-- What happens at the source after a delivery: which messages wait for it, and what came of it.

-- Written by the statement that settles a delivery, and by nothing else. A row whose action is not the mailbox's option any
-- more is void.
CREATE TABLE source_actions (
  user_id uuid NOT NULL,
  mailbox_id uuid NOT NULL,
  key text NOT NULL,
  action text NOT NULL CHECK (action IN ('delete', 'move', 'mark-read')),
  -- To recognise the message before anything is done to it: a server may have given its id to another.
  fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 16),
  size_bytes bigint NOT NULL,
  delivered_at timestamptz NOT NULL,
  -- Counted before the source is told.
  tries integer NOT NULL DEFAULT 0,
  retry_at timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (mailbox_id, key),
  FOREIGN KEY (user_id, mailbox_id) REFERENCES mailboxes (user_id, id) ON DELETE CASCADE
);
CREATE INDEX source_actions_due ON source_actions (mailbox_id, delivered_at);

-- What has been done so far.
CREATE TABLE source_totals (
  mailbox_id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  deleted bigint NOT NULL DEFAULT 0,
  moved bigint NOT NULL DEFAULT 0,
  marked_read bigint NOT NULL DEFAULT 0,
  -- Somebody else had removed them.
  gone bigint NOT NULL DEFAULT 0,
  -- Left alone: another message has the id, the id names nothing any more, the server would not.
  changed bigint NOT NULL DEFAULT 0,
  renumbered bigint NOT NULL DEFAULT 0,
  refused bigint NOT NULL DEFAULT 0,
  problem text,
  FOREIGN KEY (user_id, mailbox_id) REFERENCES mailboxes (user_id, id) ON DELETE CASCADE
);

DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['source_actions', 'source_totals'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I TO smtp_sync_web, smtp_sync_worker USING (user_id = current_tenant()) WITH CHECK (user_id = current_tenant())', t);
    EXECUTE format('CREATE POLICY gate ON %I TO smtp_sync_gate USING (true) WITH CHECK (true)', t);
  END LOOP;
END
$$;

GRANT SELECT, DELETE ON source_actions TO smtp_sync_web;
GRANT SELECT ON source_totals TO smtp_sync_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON source_actions TO smtp_sync_worker;
GRANT SELECT, INSERT, UPDATE ON source_totals TO smtp_sync_worker;

-- The Glass Box: pages of any filter in the order of time, totals by the hour, retry of one entry, reconciliation.

-- ---------------------------------------------------------------- pages

-- Every filter is a range of one of these, newest first. A domain without a mailbox is asked for mailbox by mailbox;
-- its totals are read from the index alone. What was not delivered is rare and has indexes of its own, which cost a
-- delivery nothing.
DROP INDEX audit_entries_mailbox, audit_entries_domain, audit_entries_at;
CREATE INDEX audit_entries_at ON audit_entries (user_id, at, id);
CREATE INDEX audit_entries_mailbox ON audit_entries (user_id, mailbox_id, at, id);
CREATE INDEX audit_entries_domain ON audit_entries (user_id, sender_domain, mailbox_id, at, id) INCLUDE (status, size_bytes);
CREATE INDEX audit_entries_mailbox_status ON audit_entries (user_id, mailbox_id, status, at, id)
  WHERE status <> 'delivered';
CREATE INDEX audit_entries_domain_status ON audit_entries (user_id, sender_domain, mailbox_id, status, at, id)
  WHERE status <> 'delivered';
-- Backlog has no delay, so only new mail is in here.
CREATE INDEX audit_entries_delay ON audit_entries (user_id, mailbox_id, at) INCLUDE (delay_ms)
  WHERE delay_ms IS NOT NULL;

-- ---------------------------------------------------------------- totals

-- Entries by the hour, added up when somebody looks, never while mail is on its way. Whole hours only.
CREATE TABLE audit_hours (
  user_id uuid NOT NULL,
  mailbox_id uuid NOT NULL,
  hour timestamptz NOT NULL,
  status text NOT NULL,
  messages bigint NOT NULL,
  bytes bigint NOT NULL,
  PRIMARY KEY (user_id, hour, mailbox_id, status),
  FOREIGN KEY (user_id, mailbox_id) REFERENCES mailboxes (user_id, id) ON DELETE CASCADE
);
CREATE INDEX audit_hours_mailbox ON audit_hours (mailbox_id);

-- How often each sender's domain was seen: what the filter suggests.
CREATE TABLE audit_domains (
  user_id uuid NOT NULL,
  mailbox_id uuid NOT NULL,
  domain text NOT NULL,
  messages bigint NOT NULL,
  PRIMARY KEY (mailbox_id, domain),
  FOREIGN KEY (user_id, mailbox_id) REFERENCES mailboxes (user_id, id) ON DELETE CASCADE
);
CREATE INDEX audit_domains_user_id ON audit_domains (user_id, domain);

-- Every entry before `until` up to `last_id` is in audit_hours and audit_domains. One with a higher id and an earlier
-- time was written by other hands (a restore, an import): it is added when it is noticed.
CREATE TABLE audit_rollups (
  user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
  until timestamptz NOT NULL,
  last_id bigint NOT NULL DEFAULT 0
);

-- ---------------------------------------------------------------- retry of one entry

-- The entry that tells of the transfer's present, terminal state.
ALTER TABLE transfers ADD COLUMN audit_id bigint;
CREATE INDEX transfers_audit_id ON transfers (user_id, audit_id) WHERE audit_id IS NOT NULL;

-- ---------------------------------------------------------------- reconciliation

-- What the source listed at the last count of the day, and where each of these messages is.
CREATE TABLE reconciliations (
  user_id uuid NOT NULL,
  mailbox_id uuid NOT NULL,
  day date NOT NULL,
  at timestamptz NOT NULL,
  listed bigint NOT NULL,
  delivered bigint NOT NULL,
  rejected bigint NOT NULL,
  failed bigint NOT NULL,
  uncertain bigint NOT NULL,
  waiting bigint NOT NULL,
  skipped bigint NOT NULL,
  missing bigint NOT NULL,
  -- The owner wants another count now.
  wanted boolean NOT NULL DEFAULT false,
  PRIMARY KEY (mailbox_id, day),
  FOREIGN KEY (user_id, mailbox_id) REFERENCES mailboxes (user_id, id) ON DELETE CASCADE,
  CHECK (listed = delivered + rejected + failed + uncertain + waiting + skipped + missing)
);
CREATE INDEX reconciliations_user_id ON reconciliations (user_id, day);

-- What listings took for settled although nothing was transferred: ids that the source did not name, and what the
-- chosen history leaves out. A message that turns up under an id of the first kind was lost.
CREATE TABLE passed_over (
  user_id uuid NOT NULL,
  mailbox_id uuid NOT NULL,
  folder text NOT NULL,
  uid_validity bigint NOT NULL,
  absent int8multirange NOT NULL DEFAULT '{}',
  -- NULL: was not kept.
  left_out int8multirange,
  left_out_hashes bytea[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (mailbox_id, folder),
  FOREIGN KEY (user_id, mailbox_id) REFERENCES mailboxes (user_id, id) ON DELETE CASCADE
);

DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['audit_hours', 'audit_domains', 'audit_rollups', 'reconciliations', 'passed_over'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I TO smtp_sync_web, smtp_sync_worker USING (user_id = current_tenant()) WITH CHECK (user_id = current_tenant())', t);
    EXECUTE format('CREATE POLICY gate ON %I TO smtp_sync_gate USING (true) WITH CHECK (true)', t);
  END LOOP;
END
$$;

GRANT SELECT, INSERT, UPDATE ON audit_hours, audit_domains, audit_rollups TO smtp_sync_web;
GRANT SELECT, UPDATE (wanted) ON reconciliations TO smtp_sync_web;
GRANT SELECT, INSERT, UPDATE ON reconciliations, passed_over TO smtp_sync_worker;

-- Messages that Gmail refuses: repaired copies of them, and notices about those that stay at the source.

ALTER TABLE audit_entries DROP CONSTRAINT audit_entries_status_check;
ALTER TABLE audit_entries ADD CONSTRAINT audit_entries_status_check
  CHECK (status IN ('delivered', 'repaired', 'rejected', 'failed', 'uncertain', 'skipped'));

ALTER TABLE transfers
  -- How the copy is repaired that goes instead of the message, or is to go; NULL: the message as it is.
  ADD COLUMN repair text CHECK (repair IN ('from-header-missing', 'from-header-several', 'from-header-invalid', 'null-byte')),
  -- What was seen of an open one that tells what Gmail may refuse it for.
  ADD COLUMN from_headers integer,
  ADD COLUMN has_nul boolean,
  -- Rejected, and its owner wants a message in Gmail that says so.
  ADD COLUMN notice boolean NOT NULL DEFAULT false,
  -- When that was sent, or a summary that speaks for it; once for each message.
  ADD COLUMN noticed_at timestamptz;
-- The owner is subject to the policies, too, so they are lifted for the length of this transaction.
ALTER TABLE transfers NO FORCE ROW LEVEL SECURITY;
-- Open ones from before were sent without a look: one From header is what nearly all have.
UPDATE transfers SET from_headers = 1, has_nul = false WHERE state = 'open';
ALTER TABLE transfers FORCE ROW LEVEL SECURITY;
ALTER TABLE transfers ADD CHECK (state <> 'open' OR (from_headers IS NOT NULL AND has_nul IS NOT NULL));
CREATE INDEX transfers_noticed ON transfers (mailbox_id, noticed_at) WHERE notice;

-- Copies of a message in several folders arrive once; what was left out by rule is counted as such.

-- Where the message was delivered from first. NULL: not known, or POP3.
ALTER TABLE fingerprints ADD COLUMN folder text;

-- Of what is settled: left out by a rule of the owner's, or because another folder has it. For the reconciliation only.
ALTER TABLE folder_cursors ADD COLUMN skipped int8multirange NOT NULL DEFAULT '{}';
ALTER TABLE uidls ADD COLUMN skipped boolean NOT NULL DEFAULT false;

-- A UIDL that a maildrop gives to another message is noticed by the size that LIST claims for it.

-- Of what is settled. NULL: not known yet, learnt at the next LIST.
ALTER TABLE uidls ADD COLUMN size integer CHECK (size >= 0);
-- Keyed digest of what names the message in its header block. NULL: its header block was not read.
ALTER TABLE uidls ADD COLUMN identity bytea CHECK (octet_length(identity) = 16);

-- POP3 alone: how the last comparison of the sizes left the maildrop.
ALTER TABLE folder_cursors
  ADD COLUMN sizes_compared_at timestamptz,
  -- What LIST told then, message for message and in all. NULL: something is left to be looked at.
  ADD COLUMN listed_count integer,
  ADD COLUMN listed_octets bigint,
  -- How often in a row comparing was of no use, and until when it rests therefore.
  ADD COLUMN sizes_in_doubt smallint NOT NULL DEFAULT 0,
  ADD COLUMN sizes_rest_until timestamptz NOT NULL DEFAULT '-infinity';

-- Two messages with the same header block and size may still say different things.

-- Keyed digest of all bytes of a message. Empty: not kept, so that header block and size have to tell: of large ones,
-- repaired ones, and where no other folder was ever visited.
ALTER TABLE fingerprints ADD COLUMN content bytea NOT NULL DEFAULT '' CHECK (octet_length(content) IN (0, 16));
ALTER TABLE fingerprints DROP CONSTRAINT fingerprints_pkey, ADD PRIMARY KEY (mailbox_id, fingerprint, content);

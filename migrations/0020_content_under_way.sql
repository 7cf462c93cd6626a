-- What was under way when a worker died is told from other messages as what was not.

-- As in `fingerprints`. NULL: not kept.
ALTER TABLE transfers ADD COLUMN content bytea CHECK (octet_length(content) = 16);

-- Each entry of the audit log is chained to the one before it in its mailbox: docs/audit-chain.md has what that proves.

-- The end of each mailbox's chain; seq 0 and the genesis while it has no entry. Written by triggers only.
CREATE TABLE audit_chains (
  user_id uuid NOT NULL,
  mailbox_id uuid PRIMARY KEY,
  seq bigint NOT NULL DEFAULT 0,
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  at timestamptz,
  FOREIGN KEY (user_id, mailbox_id) REFERENCES mailboxes (user_id, id) ON DELETE CASCADE
) WITH (fillfactor = 50);
CREATE INDEX audit_chains_user_id ON audit_chains (user_id);

-- What the first entry of a mailbox is chained to.
CREATE FUNCTION audit_genesis(p_mailbox uuid) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT sha256(convert_to(E'smtp-sync audit chain 1\n' || p_mailbox, 'UTF8')) $$;

-- SHA-256 of these lines, without a line break at the end. The only one that could hold a line break is the last one.
CREATE FUNCTION audit_hash(p_before bytea, p_seq bigint, p_id bigint, p_at timestamptz, p_mailbox uuid, p_status text,
    p_reason text, p_size bigint, p_delay bigint, p_domain text) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT sha256(convert_to(concat_ws(E'\n', encode(p_before, 'hex'), p_seq, p_id,
    to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), p_mailbox, p_status, COALESCE(p_reason, ''), p_size,
    COALESCE(p_delay::text, ''), p_domain), 'UTF8')) $$;

-- ---------------------------------------------------------------- what is there already

-- The owner is subject to the policies, too, so they are lifted for the length of this transaction.
ALTER TABLE mailboxes NO FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_entries NO FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_entries ADD COLUMN seq bigint, ADD COLUMN hash bytea;
INSERT INTO audit_chains (user_id, mailbox_id, hash) SELECT user_id, id, audit_genesis(id) FROM mailboxes;
-- All links first, all rows in one statement after: an UPDATE for each entry takes ten times as long.
CREATE FUNCTION link_entries() RETURNS TABLE (user_id uuid, mailbox_id uuid, id bigint, at timestamptz, seq bigint, hash bytea)
  LANGUAGE plpgsql
  AS $$
  DECLARE
    e audit_entries;
  BEGIN
    FOR e IN SELECT a.* FROM audit_entries a ORDER BY a.mailbox_id, a.id LOOP
      IF mailbox_id IS DISTINCT FROM e.mailbox_id THEN
        seq := 0;
        hash := audit_genesis(e.mailbox_id);
      END IF;
      seq := seq + 1;
      hash := audit_hash(hash, seq, e.id, e.at, e.mailbox_id, e.status, e.reason, e.size_bytes, e.delay_ms, e.sender_domain);
      user_id := e.user_id;
      mailbox_id := e.mailbox_id;
      id := e.id;
      at := e.at;
      RETURN NEXT;
    END LOOP;
  END
  $$;
WITH links AS MATERIALIZED (
  SELECT * FROM link_entries()
), linked AS (
  UPDATE audit_entries a SET seq = l.seq, hash = l.hash FROM links l WHERE a.user_id = l.user_id AND a.id = l.id
)
UPDATE audit_chains c SET seq = l.seq, hash = l.hash, at = l.at
  FROM (SELECT DISTINCT ON (mailbox_id) mailbox_id, at, seq, hash FROM links ORDER BY mailbox_id, seq DESC) l
  WHERE c.mailbox_id = l.mailbox_id;
DROP FUNCTION link_entries();
-- The foreign key's checks of what was just updated are due before the table may be altered again.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE audit_entries ALTER COLUMN seq SET NOT NULL, ALTER COLUMN hash SET NOT NULL;
CREATE UNIQUE INDEX audit_entries_seq ON audit_entries (user_id, mailbox_id, seq);
ALTER TABLE audit_entries FORCE ROW LEVEL SECURITY;
ALTER TABLE mailboxes FORCE ROW LEVEL SECURITY;

-- ---------------------------------------------------------------- what comes

CREATE FUNCTION begin_audit_chain() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
  BEGIN
    INSERT INTO audit_chains (user_id, mailbox_id, hash) VALUES (NEW.user_id, NEW.id, audit_genesis(NEW.id));
    RETURN NULL;
  END
  $$;

-- Behind the end of the chain, and behind what the same statement has added: a row's trigger sees the rows before it. Whatever
-- the statement says about seq and hash counts for nothing. Who settles holds the mailbox's row and comes here next, as
-- does who deletes a mailbox.
CREATE FUNCTION chain_audit_entry() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
  DECLARE
    head record;
    added record;
  BEGIN
    SELECT c.seq, c.hash INTO head FROM audit_chains c
      WHERE c.mailbox_id = NEW.mailbox_id AND c.user_id = NEW.user_id FOR UPDATE;
    IF NOT FOUND THEN
      RAISE foreign_key_violation USING MESSAGE = 'an audit entry needs its mailbox';
    END IF;
    SELECT e.seq, e.hash INTO added FROM audit_entries e
      WHERE e.user_id = NEW.user_id AND e.mailbox_id = NEW.mailbox_id AND e.seq > head.seq ORDER BY e.seq DESC LIMIT 1;
    IF FOUND THEN
      head := added;
    END IF;
    NEW.seq := head.seq + 1;
    NEW.hash := audit_hash(head.hash, NEW.seq, NEW.id, NEW.at, NEW.mailbox_id, NEW.status, NEW.reason, NEW.size_bytes,
      NEW.delay_ms, NEW.sender_domain);
    RETURN NEW;
  END
  $$;

-- Once for a statement: a row updated for each entry would leave as many dead versions behind.
CREATE FUNCTION keep_audit_head() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
  BEGIN
    UPDATE audit_chains c SET seq = l.seq, hash = l.hash, at = l.at
      FROM (SELECT DISTINCT ON (a.mailbox_id) a.mailbox_id, a.seq, a.hash, a.at FROM added a
        ORDER BY a.mailbox_id, a.seq DESC) l
      WHERE c.mailbox_id = l.mailbox_id AND c.seq < l.seq;
    RETURN NULL;
  END
  $$;

CREATE TRIGGER chain AFTER INSERT ON mailboxes FOR EACH ROW EXECUTE FUNCTION begin_audit_chain();
CREATE TRIGGER chain BEFORE INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION chain_audit_entry();
CREATE TRIGGER head AFTER INSERT ON audit_entries REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_head();

ALTER TABLE audit_chains ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_chains FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_chains TO smtp_sync_web, smtp_sync_worker
  USING (user_id = current_tenant()) WITH CHECK (user_id = current_tenant());
CREATE POLICY gate ON audit_chains TO smtp_sync_gate USING (true) WITH CHECK (true);
GRANT SELECT ON audit_chains TO smtp_sync_web;
GRANT SELECT, INSERT, UPDATE ON audit_chains TO smtp_sync_gate;

GRANT CREATE ON SCHEMA public TO smtp_sync_gate;
DO $$
DECLARE
  f text;
BEGIN
  FOREACH f IN ARRAY ARRAY['begin_audit_chain()', 'chain_audit_entry()', 'keep_audit_head()'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('ALTER FUNCTION %s OWNER TO smtp_sync_gate', f);
  END LOOP;
END
$$;
REVOKE CREATE ON SCHEMA public FROM smtp_sync_gate;

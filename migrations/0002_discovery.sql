-- Discovery: a worker looks up which servers an e-mail address may have, the web process waits for the answer.

-- A question and, once a worker has looked, its answer. Lives for seconds; what was left behind is swept.
CREATE TABLE discoveries (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  email text NOT NULL,
  answer jsonb,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX discoveries_user_id ON discoveries (user_id);
CREATE INDEX discoveries_created_at ON discoveries (created_at);

ALTER TABLE discoveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE discoveries FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON discoveries TO smtp_sync_web, smtp_sync_worker
  USING (user_id = current_tenant()) WITH CHECK (user_id = current_tenant());
CREATE POLICY gate ON discoveries TO smtp_sync_gate USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, DELETE ON discoveries TO smtp_sync_web;
GRANT SELECT, UPDATE ON discoveries TO smtp_sync_worker;
GRANT SELECT, DELETE ON discoveries TO smtp_sync_gate;

-- Removes discoveries that nobody waits for any more; how many.
CREATE FUNCTION sweep_discoveries() RETURNS bigint
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public
  AS $$
    WITH gone AS (DELETE FROM discoveries WHERE created_at <= now() - interval '5 minutes' RETURNING 1)
    SELECT count(*) FROM gone
  $$;
REVOKE ALL ON FUNCTION sweep_discoveries() FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO smtp_sync_gate;
ALTER FUNCTION sweep_discoveries() OWNER TO smtp_sync_gate;
REVOKE CREATE ON SCHEMA public FROM smtp_sync_gate;
GRANT EXECUTE ON FUNCTION sweep_discoveries() TO smtp_sync_worker;

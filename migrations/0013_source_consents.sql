-- Sign-in at a mailbox's provider instead of a password: the owner's consent there, and consents under way.
ALTER TABLE mailboxes
  ADD COLUMN auth text NOT NULL DEFAULT 'password' CHECK (auth IN ('password', 'oauth')),
  -- An id of src/core/sign-in-providers.ts.
  ADD COLUMN provider text CHECK (length(provider) <= 40),
  ALTER COLUMN sealed_password DROP NOT NULL;
ALTER TABLE mailboxes ADD CONSTRAINT mailboxes_auth CHECK (CASE auth
  WHEN 'password' THEN sealed_password IS NOT NULL AND provider IS NULL
  ELSE sealed_password IS NULL AND provider IS NOT NULL END);

-- No row: nobody has consented yet.
CREATE TABLE source_grants (
  user_id uuid NOT NULL,
  mailbox_id uuid PRIMARY KEY,
  -- The provider's own id for the account, which stays when its addresses change.
  account_id text NOT NULL CHECK (length(account_id) BETWEEN 1 AND 255),
  -- NULL: the provider no longer honours it, so it was destroyed.
  sealed_refresh_token bytea,
  -- Counts consents: a token of a former one must not come back.
  consent integer NOT NULL DEFAULT 1,
  consented_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (user_id, mailbox_id) REFERENCES mailboxes (user_id, id) ON DELETE CASCADE
);

-- A consent under way, one a mailbox: the callback deletes it, a later attempt takes its place. Nonce and PKCE verifier
-- are derived, not stored.
CREATE TABLE source_consents (
  user_id uuid NOT NULL,
  mailbox_id uuid PRIMARY KEY,
  state_hash bytea NOT NULL UNIQUE,
  -- SHA-256 of the session's token: the browser that may finish it.
  session_hash bytea NOT NULL,
  expires_at timestamptz NOT NULL,
  FOREIGN KEY (user_id, mailbox_id) REFERENCES mailboxes (user_id, id) ON DELETE CASCADE
);

DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['source_grants', 'source_consents'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I TO smtp_sync_web, smtp_sync_worker USING (user_id = current_tenant()) WITH CHECK (user_id = current_tenant())', t);
    EXECUTE format('CREATE POLICY gate ON %I TO smtp_sync_gate USING (true) WITH CHECK (true)', t);
  END LOOP;
END
$$;
GRANT SELECT, INSERT, UPDATE ON source_grants TO smtp_sync_web;
GRANT SELECT, UPDATE ON source_grants TO smtp_sync_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON source_consents TO smtp_sync_web;

-- Removes consents that were begun and not finished in time; how many.
CREATE FUNCTION sweep_source_consents() RETURNS bigint
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
    WITH expired AS (DELETE FROM source_consents WHERE expires_at <= now() RETURNING 1)
    SELECT count(*) FROM expired
  $$;
GRANT SELECT, DELETE ON source_consents TO smtp_sync_gate;
REVOKE ALL ON FUNCTION sweep_source_consents() FROM PUBLIC;
GRANT CREATE ON SCHEMA public TO smtp_sync_gate;
ALTER FUNCTION sweep_source_consents() OWNER TO smtp_sync_gate;
REVOKE CREATE ON SCHEMA public FROM smtp_sync_gate;
GRANT EXECUTE ON FUNCTION sweep_source_consents() TO smtp_sync_worker;

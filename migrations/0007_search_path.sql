-- PostgreSQL looks for tables in the session's temporary schema first unless the search path says otherwise, and anybody
-- may make temporary tables: a caller could put forged rows under the names that these functions read with other rights.
DO $$
DECLARE
  f regprocedure;
BEGIN
  FOR f IN
    SELECT p.oid FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace AND 'search_path=pg_catalog, public' = ANY (p.proconfig)
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, public, pg_temp', f);
  END LOOP;
END
$$;

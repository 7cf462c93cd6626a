-- Billing: what Stripe has told about each customer, the plan that follows from it, and which webhooks have been seen.

-- Whether this installation bills; the web process says so when it starts. Without billing nothing is limited.
CREATE TABLE billing_settings (
  the_one boolean PRIMARY KEY DEFAULT true CHECK (the_one),
  enabled boolean NOT NULL DEFAULT false
);
INSERT INTO billing_settings DEFAULT VALUES;

-- A user who went to the checkout at least once: a customer at Stripe. No row: on the free plan.
CREATE TABLE subscriptions (
  user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
  customer_id text NOT NULL UNIQUE,
  -- Stripe's id and word for the subscription that counts; null: there never was one.
  subscription_id text,
  status text,
  trial_ends_at timestamptz,
  period_ends_at timestamptz,
  -- Ends then unless resumed; null: renews itself.
  cancels_at timestamptz,
  ended_at timestamptz,
  -- The first payment that failed since the last one that did not.
  past_due_since timestamptz,
  -- Counts writes: what was fetched before another write is out of date and must be fetched again.
  revision integer NOT NULL DEFAULT 0,
  -- When Stripe was asked last.
  checked_at timestamptz NOT NULL DEFAULT now(),
  -- The plan that the mailboxes were last brought in line with.
  applied_plan text
);

-- Ids of webhooks that have been dealt with, by sender; nobody's, and swept when no sender repeats them any more.
CREATE TABLE webhook_events (
  source text NOT NULL CHECK (source IN ('stripe', 'google')),
  id text NOT NULL CHECK (length(id) <= 255),
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (source, id)
);
CREATE INDEX webhook_events_received_at ON webhook_events (received_at);

ALTER TABLE subscriptions ENABLE ROW LEVEL SECURITY;
ALTER TABLE subscriptions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON subscriptions TO smtp_sync_web, smtp_sync_worker
  USING (user_id = current_tenant()) WITH CHECK (user_id = current_tenant());
CREATE POLICY gate ON subscriptions TO smtp_sync_gate USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE ON subscriptions TO smtp_sync_web;
GRANT SELECT, UPDATE ON subscriptions TO smtp_sync_worker;
GRANT SELECT ON subscriptions, billing_settings TO smtp_sync_gate;
GRANT SELECT, UPDATE ON billing_settings TO smtp_sync_web;
GRANT SELECT ON billing_settings TO smtp_sync_worker;
GRANT SELECT, INSERT ON webhook_events TO smtp_sync_web;
GRANT SELECT, DELETE ON webhook_events TO smtp_sync_worker;
-- A worker that applies a plan tells whoever holds the mailboxes.
GRANT INSERT ON recalls TO smtp_sync_worker;

-- `free`, `paid`, or null where nothing is limited. A payment that failed leaves 14 days (src/core/plan.ts has the same
-- number); a period that is over leaves three for Stripe to say how it goes on.
CREATE FUNCTION plan_of(p_status text, p_period_ends_at timestamptz, p_past_due_since timestamptz) RETURNS text
  LANGUAGE sql STABLE
  AS $$
    SELECT CASE
      WHEN NOT (SELECT enabled FROM billing_settings) THEN NULL
      WHEN p_status IN ('trialing', 'active') AND p_period_ends_at > now() - interval '3 days' THEN 'paid'
      WHEN p_status IN ('past_due', 'unpaid') AND p_past_due_since > now() - interval '14 days' THEN 'paid'
      ELSE 'free' END
  $$;

-- Whose customer this is.
CREATE FUNCTION customer_user_id(p_customer_id text) RETURNS uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
  AS $$ SELECT user_id FROM subscriptions WHERE customer_id = p_customer_id $$;

-- Users whose subscription Stripe should be asked about, should a webhook have got lost: once a day, and each hour
-- while the known period is over.
CREATE FUNCTION subscriptions_to_check(p_limit integer) RETURNS SETOF uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
  AS $$
    SELECT user_id FROM subscriptions
    WHERE checked_at < now() - interval '1 day'
      OR (period_ends_at < now() AND ended_at IS NULL AND checked_at < now() - interval '1 hour')
    ORDER BY checked_at LIMIT p_limit
  $$;

-- Users whose mailboxes are not as their plan has them: time went by, or billing was switched on or off.
CREATE FUNCTION plans_to_apply(p_free_mailboxes integer, p_paid_mailboxes integer) RETURNS SETOF uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
  AS $$
    WITH counted AS (
      SELECT m.user_id,
        count(*) FILTER (WHERE m.state <> 'suspended') AS running,
        count(*) FILTER (WHERE m.state = 'suspended') AS suspended
      FROM mailboxes m
      WHERE m.state <> 'paused' AND (m.state <> 'suspended' OR m.fault_code = 'plan-limit')
      GROUP BY m.user_id
    ), planned AS (
      SELECT c.*, s.user_id IS NOT NULL AS customer, s.applied_plan,
        plan_of(s.status, s.period_ends_at, s.past_due_since) AS plan
      FROM counted c LEFT JOIN subscriptions s ON s.user_id = c.user_id
    ), limited AS (
      SELECT p.*, CASE p.plan WHEN 'free' THEN p_free_mailboxes WHEN 'paid' THEN p_paid_mailboxes END AS allowed
      FROM planned p
    )
    SELECT user_id FROM limited
    WHERE running > allowed OR (suspended > 0 AND (allowed IS NULL OR running < allowed))
      OR (customer AND applied_plan IS DISTINCT FROM plan)
  $$;

-- As before, and with the plan of the mailbox's owner.
DROP FUNCTION claim_mailboxes(uuid, integer);
CREATE FUNCTION claim_mailboxes(p_worker uuid, p_limit integer) RETURNS TABLE (
    mailbox_id uuid, user_id uuid, epoch bigint, protocol text, host text, port integer, security text, username text,
    sealed_password bytea, sealed_fingerprint_key bytea, options jsonb, created_at timestamptz, failures integer,
    sealed_refresh_token bytea, plan text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
  AS $$
  BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('smtp-sync claim')) THEN
      RETURN;
    END IF;
    RETURN QUERY
    WITH alive AS (
      SELECT w.id FROM workers w WHERE w.beat_at > now() - interval '15 seconds'
    ), due AS (
      SELECT m.id FROM mailboxes m
      JOIN grants g ON g.user_id = m.user_id AND g.fault_code IS NULL
      LEFT JOIN allowances a ON a.user_id = m.user_id
      WHERE m.state IN ('active', 'unreachable') AND m.next_run_at <= now()
        AND (m.leased_by IS NULL OR m.leased_by NOT IN (SELECT id FROM alive))
        AND (a.resume_at IS NULL OR a.resume_at <= now())
        AND NOT EXISTS (SELECT FROM mailboxes o
          WHERE o.user_id = m.user_id AND o.leased_by <> p_worker AND o.leased_by IN (SELECT id FROM alive))
      ORDER BY m.next_run_at
      LIMIT p_limit
      FOR UPDATE OF m SKIP LOCKED
    ), claimed AS (
      UPDATE mailboxes m SET leased_by = p_worker, leased_at = now(), epoch = m.epoch + 1
      FROM due WHERE m.id = due.id
      RETURNING m.*
    )
    SELECT c.id, c.user_id, c.epoch, c.protocol, c.host, c.port, c.security, c.username,
      c.sealed_password, c.sealed_fingerprint_key, c.options, c.created_at, c.failures, g.sealed_refresh_token,
      plan_of(s.status, s.period_ends_at, s.past_due_since)
    FROM claimed c JOIN grants g ON g.user_id = c.user_id LEFT JOIN subscriptions s ON s.user_id = c.user_id
    ORDER BY c.next_run_at;
  END
  $$;

GRANT CREATE ON SCHEMA public TO smtp_sync_gate;
DO $$
DECLARE
  f text;
BEGIN
  FOREACH f IN ARRAY ARRAY['customer_user_id(text)', 'subscriptions_to_check(integer)',
    'plans_to_apply(integer, integer)', 'claim_mailboxes(uuid, integer)'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('ALTER FUNCTION %s OWNER TO smtp_sync_gate', f);
  END LOOP;
END
$$;
REVOKE CREATE ON SCHEMA public FROM smtp_sync_gate;
GRANT EXECUTE ON FUNCTION customer_user_id(text) TO smtp_sync_web;
GRANT EXECUTE ON FUNCTION subscriptions_to_check(integer), plans_to_apply(integer, integer),
  claim_mailboxes(uuid, integer) TO smtp_sync_worker;

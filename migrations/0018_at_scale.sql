-- What took time with the number of rows, by indexes and statements that do not.

-- ---------------------------------------------------------------- what is to be done at the sources

-- In the order in which it is due, and by what is to be done: what is void is found without a look at the rest.
DROP INDEX source_actions_due;
CREATE INDEX source_actions_due ON source_actions (mailbox_id, action, delivered_at, key);
CREATE INDEX source_actions_begun ON source_actions (mailbox_id, tries, retry_at, key) WHERE tries > 0;

-- ---------------------------------------------------------------- by owner: exports, and keys that are changed

CREATE INDEX source_grants_user_id ON source_grants (user_id);
CREATE INDEX webhook_secrets_user_id ON webhook_secrets (user_id);

-- ---------------------------------------------------------------- webhooks

-- Whether there is something to digest was looked at then.
ALTER TABLE webhooks ADD COLUMN looked_at timestamptz NOT NULL DEFAULT '-infinity';
DROP INDEX webhooks_digested_at;
CREATE INDEX webhooks_looked_at ON webhooks (looked_at) WHERE off_reason IS NULL AND 'deliveries.digest' = ANY (events);

-- Writes the digests that are due: of webhooks not told for a minute whose mailboxes have counted something since.
-- Looks at p_limit of them at the most, those first that were not looked at for longest, and at none twice in ten seconds. The
-- lock lets changes of state be told meanwhile (tell_webhooks passes over what is locked more strongly). What is tried
-- again is counted down first: that is no news.
CREATE OR REPLACE FUNCTION digest_for_webhooks(p_limit integer) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
  DECLARE
    w record;
    news jsonb;
  BEGIN
    FOR w IN
      SELECT h.id, h.user_id, h.digested_at FROM webhooks h
      WHERE h.off_reason IS NULL AND 'deliveries.digest' = ANY (h.events) AND h.digested_at < now() - interval '1 minute'
        AND h.looked_at < now() - interval '10 seconds'
      ORDER BY h.looked_at LIMIT p_limit FOR NO KEY UPDATE OF h SKIP LOCKED
    LOOP
      -- One snapshot for what is told and what is marked.
      WITH counted AS (
        SELECT m.id, webhook_counts(m) AS counts, COALESCE(k.counts, '{}') AS before
        FROM mailboxes m LEFT JOIN webhook_marks k ON k.webhook_id = w.id AND k.mailbox_id = m.id
        WHERE m.user_id = w.user_id ORDER BY m.id FOR KEY SHARE OF m SKIP LOCKED
      ), marked AS (
        INSERT INTO webhook_marks AS k (user_id, webhook_id, mailbox_id, counts)
        SELECT w.user_id, w.id, c.id, c.counts FROM counted c WHERE c.counts <> c.before
        ON CONFLICT (webhook_id, mailbox_id) DO UPDATE SET counts = EXCLUDED.counts
      ), changed AS (
        SELECT c.id, jsonb_object_agg(v.key, greatest(v.value::bigint - COALESCE((c.before ->> v.key)::bigint, 0), 0)) AS counts
        FROM counted c, jsonb_each_text(c.counts) v WHERE c.counts <> c.before GROUP BY c.id
      )
      SELECT jsonb_agg(jsonb_build_object('id', id, 'bytes', counts -> 'bytes', 'counts', counts - 'bytes') ORDER BY id)
        INTO news FROM changed WHERE EXISTS (SELECT FROM jsonb_each_text(counts) v WHERE v.value <> '0');
      IF news IS NOT NULL THEN
        INSERT INTO webhook_deliveries (user_id, webhook_id, event, data) VALUES (w.user_id, w.id, 'deliveries.digest',
          jsonb_build_object('since', to_char(w.digested_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
            'mailboxes', news));
      END IF;
      UPDATE webhooks SET looked_at = now(), digested_at = CASE WHEN news IS NULL THEN digested_at ELSE now() END
        WHERE id = w.id;
    END LOOP;
  END
  $$;

-- Removes deliveries older than 30 days and those beyond a webhook's last 1,000, and secrets past their end; how many. Where
-- a webhook's log ends is asked for once each.
CREATE OR REPLACE FUNCTION sweep_webhooks() RETURNS bigint
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
    WITH old AS (DELETE FROM webhook_deliveries WHERE at < now() - interval '30 days' RETURNING 1),
      last AS MATERIALIZED (SELECT w.id, e.number FROM webhooks w CROSS JOIN LATERAL (SELECT d.number
        FROM webhook_deliveries d WHERE d.webhook_id = w.id ORDER BY d.number DESC OFFSET 1000 LIMIT 1) e),
      many AS (DELETE FROM webhook_deliveries d USING last
        WHERE d.webhook_id = last.id AND d.number <= last.number AND d.at >= now() - interval '30 days' RETURNING 1),
      gone AS (DELETE FROM webhook_secrets WHERE expires_at <= now() RETURNING 1)
    SELECT (SELECT count(*) FROM old) + (SELECT count(*) FROM many) + (SELECT count(*) FROM gone)
  $$;

/** The schema as text, from the catalog: the same for the same migrations on every PostgreSQL that is supported. */
import type { TestDatabase } from '../../database.ts';

const TABLES = `
  SELECT format(E'TABLE %s%s%s\\n%s', c.relname,
    CASE WHEN c.relrowsecurity AND c.relforcerowsecurity THEN ' (row-level security, forced)'
      WHEN c.relrowsecurity THEN ' (row-level security)' ELSE '' END,
    CASE WHEN c.relkind = 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(c.oid)
      WHEN c.relispartition THEN ' PARTITION ' || pg_get_expr(c.relpartbound, c.oid) ELSE '' END,
    concat_ws(E'\\n',
      (SELECT string_agg(format('  %s %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
          CASE WHEN a.attnotnull THEN ' NOT NULL' END, ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)), E'\\n' ORDER BY a.attnum)
        FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
      (SELECT string_agg('  ' || pg_get_constraintdef(k.oid), E'\\n' ORDER BY pg_get_constraintdef(k.oid))
        FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype <> 'n'),
      (SELECT string_agg('  ' || pg_get_indexdef(i.indexrelid), E'\\n' ORDER BY pg_get_indexdef(i.indexrelid))
        FROM pg_index i WHERE i.indrelid = c.oid),
      (SELECT string_agg(format('  POLICY %s TO %s USING (%s) WITH CHECK (%s)', p.policyname,
          array_to_string(p.roles, ', '), p.qual, p.with_check), E'\\n' ORDER BY p.policyname)
        FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename = c.relname),
      (SELECT string_agg(format('  GRANT %s TO %s', g.privileges, g.grantee), E'\\n' ORDER BY g.grantee) FROM (
        SELECT a.grantee::regrole::text AS grantee, string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type) AS privileges
        FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner GROUP BY a.grantee) g))) AS text
  FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'S')
  ORDER BY c.relname`;

const FUNCTIONS = `
  SELECT format(E'%s  OWNER %s\\n%s', pg_get_functiondef(p.oid),
    CASE p.proowner WHEN d.datdba THEN 'the owner' ELSE p.proowner::regrole::text END,
    (SELECT string_agg(format('  GRANT %s TO %s', a.privilege_type,
        CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END), E'\\n' ORDER BY a.grantee::regrole::text)
      FROM aclexplode(p.proacl) a WHERE a.grantee <> p.proowner)) AS text
  FROM pg_proc p, pg_database d
  WHERE p.pronamespace = 'public'::regnamespace AND d.datname = current_database() ORDER BY p.proname`;

/** What the job queue lets the runtime roles do; its tables are pg-boss's own affair. */
const QUEUE = `
  SELECT format('GRANT %s ON pgboss.%s TO %s', string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type), c.relname,
    a.grantee::regrole) AS text
  FROM pg_class c, aclexplode(c.relacl) a
  WHERE c.relnamespace = 'pgboss'::regnamespace AND a.grantee <> c.relowner
    AND c.relname NOT LIKE 'queue\\_stats\\_%' -- a partition a day
  GROUP BY c.relname, a.grantee ORDER BY c.relname, a.grantee::regrole::text`;

export async function dumpSchema(database: TestDatabase): Promise<string> {
  const parts: string[] = [];
  for (const sql of [TABLES, FUNCTIONS]) {
    for (const { text } of await database.asOwner<{ text: string }>(sql)) parts.push(text.trimEnd());
  }
  const grants = await database.asOwner<{ text: string }>(QUEUE);
  parts.push(grants.map(({ text }) => text).join('\n'));
  return `${parts.join('\n\n')}\n`;
}

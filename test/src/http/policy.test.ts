/** The policy pages against the configuration, the schema and what the browser is given. docs/promises.md has the rest. */
import assert from 'node:assert/strict';
import * as test from 'node:test';
import { readWebConfig } from '../../../src/config.ts';
import type { Environment } from '../../../src/config-parse.ts';
import { TRIAL_DAYS } from '../../../src/core/plan.ts';
import { type Installation, installationOf } from '../../../src/http/installation.ts';
import { landingPage } from '../../../src/http/pages/landing.ts';
import { NOTICE_DAYS, POLICY_VERSIONS, policyAt } from '../../../src/http/pages/policy-dates.ts';
import { privacyPage } from '../../../src/http/pages/privacy.ts';
import { securityPage } from '../../../src/http/pages/security.ts';
import { termsPage } from '../../../src/http/pages/terms.ts';
import { generateKeys } from '../../../src/keys.ts';
import { startWeb } from '../../http.ts';

const frame = { theme: null, path: '/', hasSession: false } as const;
const BASE = { ...generateKeys(), DATABASE_URL: 'postgres://db.example.org/mail' };
const STRIPE = { STRIPE_SECRET_KEY: 'sk', STRIPE_WEBHOOK_SECRET: 'wh', STRIPE_PRICE_ID: 'price' };
const given = (env: Environment = {}): Installation => installationOf(readWebConfig({ ...BASE, ...env }));
const words = (page: string): string =>
  page
    .replace(/<[^>]*>/g, '')
    .replaceAll('&amp;', '&')
    .replaceAll('&#39;', "'")
    .replace(/\s+/g, ' ');
const read = (page: typeof privacyPage, env?: Environment): string =>
  words(page({ frame, url: 'https://mail.example.com/x', installation: given(env) }));

test.test('the sub-processors are those that the configuration uses, and no others', () => {
  const named = (env: Environment = {}) => given(env).subProcessors.map(({ name }) => name.split(' ')[0]);
  assert.deepEqual(named(), ['Google']);
  assert.deepEqual(named(STRIPE), ['Google', 'Stripe']);
  assert.deepEqual(named({ MAILJET_API_KEY: 'key' }), ['Google', 'Mailjet']);
  const all = { ...STRIPE, MAILJET_API_KEY: 'key', SUB_PROCESSORS: 'Neon, Fly.io,Cloudflare,Some <Host>' };
  assert.deepEqual(named(all), ['Google', 'Stripe', 'Mailjet', 'Neon', 'Fly.io', 'Cloudflare', 'Some']);
  const alone = read(privacyPage);
  for (const name of ['Stripe', 'Mailjet', 'Neon', 'Fly.io', 'Cloudflare'])
    assert.ok(!alone.includes(name), name);
  const text = read(privacyPage, all);
  for (const { name, purpose } of given(all).subProcessors.slice(0, -1))
    assert.ok(text.includes(`${name}. ${purpose}`), name);
  assert.ok(text.includes('Some &lt;Host&gt;. Named by the operator'));
});

test.test('history, retention and contact are as configured', () => {
  assert.match(read(privacyPage), /History of the database: none on this installation/);
  assert.match(
    read(privacyPage, { HISTORY_DAYS: '7' }),
    /History of the database: for 7 days the whole database/,
  );
  assert.match(read(privacyPage, { HISTORY_DAYS: '1' }), /for 1 day the/);
  assert.match(read(privacyPage), /is wiped after 60 days/);
  assert.match(read(privacyPage, { RETENTION_DAYS: '30' }), /is wiped after 30 days/);
  for (const page of [privacyPage, termsPage, securityPage]) {
    assert.match(read(page), /the operator of this installation/);
    assert.match(read(page, { CONTACT_EMAIL: 'privacy@example.com' }), /privacy@example\.com/);
  }
});

test.test(
  'providers that are signed in at are named where they are configured, with what deletion means there',
  () => {
    const alone = read(privacyPage);
    assert.ok(!alone.includes('Microsoft'));
    const offered = read(privacyPage, { MICROSOFT_CLIENT_ID: 'id', MICROSOFT_CLIENT_SECRET: 'secret' });
    assert.match(offered, /and for mailboxes that you sign in for, to the sign-in of Microsoft\./);
    assert.match(offered, /Microsoft gives programs no way to end a sign-in: take it back there, too/);
  },
);

test.test('plans are those that the server enforces, or none', () => {
  const price = (env: Environment) =>
    words(landingPage({ frame, url: '/', installation: given(env), next: null }));
  assert.match(price({}), /self-hosted: there are no plans/);
  assert.match(read(termsPage), /self-hosted: there are no plans/);
  const { plans } = given(STRIPE);
  for (const text of [price(STRIPE), read(termsPage, STRIPE)]) {
    assert.doesNotMatch(text, /self-hosted/);
    assert.match(text, new RegExp(`every ${plans.free.pollSeconds / 60} minutes`));
    assert.match(text, new RegExp(`p to ${plans.paid.mailboxes} mailboxes`));
    assert.match(text, new RegExp(`${TRIAL_DAYS} days`));
  }
});

test.test('the Limited Use disclosure stands as Google words it', () => {
  assert.match(
    read(privacyPage),
    /use and transfer to any other app of information received from Google APIs will adhere to the Google API Services User Data Policy, including the Limited Use requirements\./,
  );
});

test.test('a change is announced two weeks ahead', () => {
  const DAY = 24 * 3600 * 1000;
  const [first, ...changes] = POLICY_VERSIONS;
  let before = first;
  for (const version of changes) {
    assert.ok(Date.parse(version.from) - Date.parse(version.announced) >= NOTICE_DAYS * DAY, version.from);
    assert.ok(version.from > before.from);
    before = version;
  }
});

test.test('what is announced is said until it is in force', () => {
  const first = { announced: '2026-01-01', from: '2026-01-01', summary: 'One.' };
  const second = { announced: '2026-02-01', from: '2026-02-15', summary: 'Two.' };
  const at = (day: string) => policyAt(new Date(`${day}T12:00:00Z`), [first, second]);
  assert.deepEqual(at('2026-01-31'), { inForce: first, upcoming: null });
  assert.deepEqual(at('2026-02-14'), { inForce: first, upcoming: second });
  assert.deepEqual(at('2026-02-15'), { inForce: second, upcoming: null });
  assert.match(read(privacyPage), /In force since 21 November 2026/);
});

/** What the policy calls what each table holds. A new table needs a sentence before it gets a line here. */
const SENTENCES: Readonly<Record<string, string>> = {
  users: 'Google’s id for it, your e-mail address, and when it was created',
  grants: 'the refresh token, sealed',
  allowances: 'how many bytes were added to your Gmail today',
  sessions: 'only their SHA-256',
  api_keys: 'only their SHA-256',
  mailboxes: 'server, port, user name and your choices, and the password, sealed',
  folder_cursors: 'names of the folders you chose',
  uidls: 'message ids of the mail server',
  passed_over: 'message ids of the mail server',
  fingerprints: 'keyed digests that tell which messages are done',
  source_actions: 'which of them wait to be deleted, moved or marked at your mail server',
  source_outcomes: 'what came of it for each line of the Glass Box',
  source_totals: 'counts (by day, too',
  run_keys: 'the sealed address of its upload at Google',
  transfers: 'For a message under way also its size',
  labels: 'the names of the labels that its mail was given in Gmail',
  reconciliations: 'counts (by day, too',
  audit_entries: 'one line for each message',
  audit_chains: 'Each line carries a SHA-256 over itself and the line before it',
  audit_hours: 'totals by the hour',
  audit_domains: 'and by sender’s domain are added up',
  audit_rollups: 'totals by the hour',
  discoveries: 'which holds the address you typed',
  probe_reports: 'the names of its folders and what they hold in numbers',
  previews: 'the names of its folders and what they hold in numbers',
  subscriptions: 'Stripe’s customer number and the state of your subscription',
  notices: 'what you were told about your mailboxes',
  notice_marks: 'what you were told about your mailboxes',
  source_grants: 'the provider’s id for that account, when you consented, and the refresh token, sealed',
  source_consents: 'two digests that tie it to your browser',
  notice_settings: 'which of them you want by mail',
  webhooks: 'their addresses, which events they want',
  webhook_secrets: 'their secrets, sealed',
  webhook_marks: 'what they were told',
  webhook_deliveries: 'what they were told',
};

const web = await startWeb(test);

test.test('the policy names what every table with user data holds', async () => {
  const rows = await web.test.asOwner<{ name: string }>(
    `SELECT DISTINCT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND (a.attname = 'user_id' OR c.relname = 'users') ORDER BY 1`,
  );
  assert.deepEqual(
    rows.map(({ name }) => name),
    Object.keys(SENTENCES).sort(),
  );
  const text = read(privacyPage, STRIPE);
  for (const [table, sentence] of Object.entries(SENTENCES)) assert.ok(text.includes(sentence), table);
});

test.test('an audit entry holds what the policy says and nothing else', async () => {
  const rows = await web.test.asOwner<{ name: string }>(
    "SELECT attname AS name FROM pg_attribute WHERE attrelid = 'audit_entries'::regclass AND attnum > 0 ORDER BY 1",
  );
  const known = [
    'at',
    'delay_ms',
    'hash',
    'id',
    'mailbox_id',
    'reason',
    'sender_domain',
    'seq',
    'size_bytes',
    'status',
    'user_id',
  ];
  assert.deepEqual(
    rows.map(({ name }) => name),
    known,
  );
});

test.test('no cookies but those the policy names, and a log without addresses', async () => {
  const browser = web.browser();
  const names = new Set<string>();
  const send = browser.send;
  browser.send = async (...request) => {
    const answer = await send(...request);
    for (const cookie of answer.headers.getSetCookie()) names.add(cookie.split('=')[0] ?? '');
    return answer;
  };
  const headers = { 'x-forwarded-for': '198.51.100.7' };
  await browser.send('GET', '/auth/google?next=%2Fbilling', { headers });
  assert.equal((await browser.signIn('cookies@example.com')).status, 303);
  await browser.send('POST', '/theme', { form: { theme: 'dark' }, headers });
  for (const path of ['/', '/mailboxes', '/api/v1/account', '/privacy', '/nowhere'])
    await browser.send('GET', path, { headers });
  await browser.send('POST', '/auth/logout', { headers });
  assert.deepEqual([...names].sort(), ['__Host-browser', '__Host-next', '__Host-session', 'theme']);
  const named = [...read(privacyPage).matchAll(/(session|browser|next|theme): /g)].map(([, name]) => name);
  assert.deepEqual([...new Set(named)].sort(), ['browser', 'next', 'session', 'theme']);
  assert.doesNotMatch(web.logged(), /198\.51\.100\.7|@/);
});

test.test('security.txt is there when there is somebody to write to', async (t) => {
  assert.equal((await web.browser().send('GET', '/.well-known/security.txt')).status, 404);
  const reachable = await startWeb(t, { installation: given({ CONTACT_EMAIL: 'security@example.com' }) });
  const answer = await reachable.browser().send('GET', '/.well-known/security.txt');
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; charset=utf-8/);
  const fields = new Map(
    (await answer.text())
      .trim()
      .split('\n')
      .map((line) => line.split(/: (.*)/s) as [string, string]),
  );
  assert.equal(fields.get('Contact'), 'mailto:security@example.com');
  assert.equal(fields.get('Canonical'), 'https://mail.example.com/.well-known/security.txt');
  assert.equal(fields.get('Policy'), 'https://mail.example.com/security#report');
  const days = (Date.parse(fields.get('Expires') ?? '') - Date.now()) / 86_400_000;
  assert.ok(days > 30 && days < 365, String(days));
});

/** Garbage at every door: whatever is sent, the answer is a refusal in the contract's form, never a failure of ours. */
import assert from 'node:assert/strict';
import * as test from 'node:test';
import fc from 'fast-check';
import { errorSchema, type Mailbox } from '../../../src/http/api.ts';
import { OPERATIONS, type Operation } from '../../../src/http/operations.ts';
import { MAILBOX, sessionFor, startWeb } from '../../http.ts';
import { bodies, NASTY, word } from './garbage.ts';

const web = await startWeb(test, { dialsPerMinute: 1e9, signInsPerMinute: 1e9, revokeWaitMs: 0 });
const { browser } = await sessionFor(web, 'fuzz');
const mailbox = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body: MAILBOX });
// Under the mailbox's id, so that one id is good everywhere.
await web.test.asOwner(
  "INSERT INTO webhooks (id, user_id, url, events) SELECT id, user_id, 'https://a.example/', '{mailbox.state}' FROM mailboxes",
);
const RUNS = { numRuns: 120 };

NASTY.push(mailbox.id);

const query = fc.dictionary(
  fc.constantFrom('mailbox', 'status', 'domain', 'from', 'to', 'limit', 'cursor', '__proto__', 'x'),
  word,
  { maxKeys: 3 },
);

async function check(method: string, path: string, sent: Parameters<typeof browser.send>[2]): Promise<void> {
  const abort = new AbortController();
  const answer = await browser.send(method, path, { ...sent, signal: abort.signal });
  try {
    assert.ok(answer.status < 500, `${method} ${path}: ${answer.status} ${web.logged().slice(-2000)}`);
    if (!path.startsWith('/api/') || answer.ok) return;
    errorSchema.parse(await answer.json());
    assert.equal(answer.headers.get('cache-control'), 'no-store');
  } finally {
    abort.abort();
  }
}

const wellFormed = (pairs: Record<string, string>): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(pairs)) search.append(name, value);
  return search.toString();
};

for (const [name, operation] of Object.entries(OPERATIONS as Record<string, Operation>)) {
  // They end what the others need; test/src/http/account.test.ts and mailboxes.test.ts have them.
  if (name === 'deleteAccount' || name === 'deleteMailbox' || name === 'watchEvents') continue;
  test.test(`${name} refuses garbage`, async () => {
    const method = operation.method.toUpperCase();
    const csv = operation.bodyIs === 'csv';
    const headers: Record<string, string> = csv ? { 'content-type': 'text/csv' } : {};
    const ids = fc.oneof({ weight: 8, arbitrary: fc.constant(mailbox.id) }, word.map(encodeBroken));
    await fc.assert(
      fc.asyncProperty(ids, query, bodies[name] ?? fc.constant(undefined), async (id, search, body) => {
        const path = operation.path.replace(':id', id).replace(':deliveryId', id);
        await check(
          method,
          `${path}?${wellFormed(search)}`,
          body === undefined
            ? {}
            : { body: typeof body === 'string' && csv ? body : JSON.stringify(body), headers },
        );
      }),
      { ...RUNS, numRuns: operation.body || operation.query ? RUNS.numRuns : 15 },
    );
    // Else what comes next would be refused for there being too many.
    await web.test.asOwner('DELETE FROM mailboxes WHERE id <> $1', [mailbox.id]);
    await web.test.asOwner('DELETE FROM api_keys');
    await web.test.asOwner('DELETE FROM webhooks WHERE id <> $1', [mailbox.id]);
  });
}

test.test('each nasty text in each place, with all else right', async () => {
  const path = `/api/v1/mailboxes/${mailbox.id}`;
  const patch = (body: object) => check('PATCH', path, { body: JSON.stringify(body) });
  for (const text of NASTY) {
    for (const field of ['host', 'username', 'password', 'security', 'port'])
      await patch({ password: 'x', [field]: text });
    for (const field of ['since', 'label', 'history', 'afterImport', 'moveTo'])
      await patch({ options: { [field]: text } });
    await patch({ options: { history: 'since', since: text } });
    await patch({ options: { folders: ['INBOX', text] } });
    await patch({ options: { afterImport: 'move', moveTo: text } });
    await check('POST', '/api/v1/api-keys', { body: JSON.stringify({ name: text }) });
    for (const email of [`${text}@example.org`, `someone@${text}`])
      await check('POST', '/api/v1/discover', { body: JSON.stringify({ email }) });
    await web.test.asOwner('DELETE FROM api_keys');
    for (const field of ['mailbox', 'status', 'domain', 'from', 'to', 'limit', 'cursor'])
      for (const call of ['audit', 'audit.csv'])
        await check('GET', `/api/v1/${call}?${field}=${encodeBroken(text)}`, {});
  }
  for (const pollSeconds of [0, -1, 1.5, 86_401, 1e308, 2 ** 31]) await patch({ options: { pollSeconds } });
});

/** Percent-encoded, with what `encodeURIComponent` cannot take as bytes that are no UTF-8. */
function encodeBroken(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : '%ff%fe';
}

test.test('bodies that are not what they say', async () => {
  const kinds = fc.constantFrom(
    'application/json',
    'application/json; charset=utf-16',
    'application/json; charset=nonsense',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'nonsense',
  );
  const raw = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom(
      '[',
      '{"a":',
      `${'['.repeat(30_000)}`,
      `{"options":${'{"a":'.repeat(9000)}`,
      '1',
      'null',
      '',
    ),
    fc.constantFrom('{"__proto__":{"host":"x"}}', '{"options":{"folders":["\\ud800"]}}'),
  );
  const encodings = fc.constantFrom('', 'gzip', 'br', 'nonsense');
  const paths = fc.constantFrom('/api/v1/mailboxes', '/api/v1/api-keys', '/theme', '/auth/logout-not');
  await fc.assert(
    fc.asyncProperty(paths, kinds, encodings, raw, async (path, kind, encoding, body) => {
      await check('POST', path, {
        body: body.isWellFormed() ? body : '\ufffd',
        headers: { 'content-type': kind, ...(encoding && { 'content-encoding': encoding }) },
      });
    }),
    RUNS,
  );
});

test.test('pages and sign-in', async () => {
  const paths = fc.oneof(
    fc.constantFrom(
      '/',
      '/auth/start',
      '/auth/google',
      '/auth/google/callback',
      '/auth/switched',
      '/privacy',
      '/robots.txt',
    ),
    word.map((text) => `/${encodeBroken(text)}`),
    fc.constantFrom(
      '/%00',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/robots.txt%00',
      `/${'a'.repeat(5000)}`,
      '/%',
      '/privacy/x',
    ),
  );
  const search = fc.dictionary(fc.constantFrom('state', 'code', 'error', 'next', 'scope', 'hd'), word);
  await fc.assert(
    fc.asyncProperty(paths, search, (path, pairs) => check('GET', `${path}?${wellFormed(pairs)}`, {})),
    RUNS,
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('/theme', '/auth/logout', '/privacy'),
      fc.dictionary(fc.constantFrom('theme', 'back', 'x'), fc.oneof(fc.constant('dark'), word)),
      (path, form) =>
        check('POST', path, {
          form: Object.fromEntries(Object.entries(form).map(([k, v]) => [k, v.toWellFormed()])),
        }),
    ),
    RUNS,
  );
});

test.test('headers', async () => {
  const token = fc.stringMatching(/^[\x20-\x7e]{0,60}$/);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        'authorization',
        'cookie',
        'x-forwarded-for',
        'accept',
        'accept-language',
        'range',
        'if-none-match',
      ),
      fc.oneof(
        token,
        fc.constantFrom('Bearer ', 'Bearer x', '__Host-session=', '::1%1', '1.2.3.4:80, [::]', 'bytes=-'),
      ),
      fc.constantFrom('/', '/auth/google', '/api/v1/account', '/privacy', '/api/v1/audit.csv'),
      (name, value, path) => check('GET', path, { headers: { [name]: value } }),
    ),
    RUNS,
  );
});

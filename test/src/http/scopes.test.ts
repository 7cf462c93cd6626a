/** API keys: what each scope opens and what it does not, and their end. */
import assert from 'node:assert/strict';
import * as test from 'node:test';
import { KEY_SCOPES, type KeyScope, missingScope } from '../../../src/core/api-key.ts';
import { OPERATIONS, type Operation } from '../../../src/http/operations.ts';
import { sessionFor, startWeb } from '../../http.ts';

const web = await startWeb(test, { dialsPerMinute: 1e9, revokeWaitMs: 0, discoverWaitMs: 0 });
const operations = Object.entries(OPERATIONS as Record<string, Operation>);
const NOWHERE = '00000000-0000-4000-8000-000000000000';

interface Made {
  readonly id: string;
  readonly key: string;
}
interface Listed {
  readonly id: string;
  readonly scopes: readonly KeyScope[];
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
}

async function keysOf(name: string) {
  const { browser, userId } = await sessionFor(web, name);
  const make = (body: object) =>
    browser.json<Made>('POST', '/api/v1/api-keys', 201, { body: { name: 'k', ...body } });
  const list = async () =>
    (await browser.json<{ apiKeys: Listed[] }>('GET', '/api/v1/api-keys', 200)).apiKeys;
  return { browser, userId, make, list };
}

const codeOf = async (answer: Response): Promise<string> =>
  ((await answer.json()) as { error: { code: string } }).error.code;

const send = (key: string, method: string, path: string) =>
  web.browser().send(method.toUpperCase(), path, { headers: { authorization: `Bearer ${key}` } });

test.test('a key opens the calls of its scopes and no others, for every call and every scope', async () => {
  const { make } = await keysOf('scoped');
  const stopped = new Map<KeyScope, number>();
  for (const scope of KEY_SCOPES) {
    const { key } = await make({ scopes: [scope] });
    for (const [name, operation] of operations) {
      if (name === 'deleteAccount' && scope === 'full') continue;
      const path = operation.path.replace(/:\w+/g, NOWHERE);
      const abort = new AbortController();
      const answer = await web.browser().send(operation.method.toUpperCase(), path, {
        headers: { authorization: `Bearer ${key}` },
        signal: abort.signal,
      });
      if (missingScope([scope], operation.scopes) === null) {
        assert.notEqual(answer.status, 403, `${name} with ${scope}`);
      } else {
        assert.equal(answer.status, 403, `${name} with ${scope}`);
        assert.equal(await codeOf(answer), 'scope-missing', name);
        stopped.set(scope, (stopped.get(scope) ?? 0) + 1);
      }
      abort.abort();
    }
  }
  for (const scope of KEY_SCOPES)
    assert.equal((stopped.get(scope) ?? 0) > 0, scope !== 'full', `${scope} opens not everything`);
});

test.test('what ends or pays for an account takes a key that may do everything', () => {
  const all = KEY_SCOPES.filter((scope) => scope !== 'full');
  const forFull = operations
    .filter(([, { scopes }]) => missingScope(all, scopes) !== null)
    .map(([name]) => name);
  assert.deepEqual(forFull.sort(), [
    'createApiKey',
    'deleteAccount',
    'deleteApiKey',
    'endOtherSessions',
    'endSession',
    'openPortal',
    'startCheckout',
  ]);
});

test.test('without scopes a key may do everything, as keys could before', async () => {
  const { make, list, userId } = await keysOf('whole');
  const { key } = await make({});
  assert.deepEqual(
    (await list()).map(({ scopes }) => scopes),
    [['full']],
  );
  await web.test.asOwner("INSERT INTO api_keys (user_id, name, key_hash) VALUES ($1, 'older', 'hash')", [
    userId,
  ]);
  assert.deepEqual(
    (await list()).map(({ scopes }) => scopes),
    [['full'], ['full']],
  );
  assert.equal((await send(key, 'delete', '/api/v1/account')).status, 200);
});

test.test('scopes that are none, none at all and an end out of bounds are refused', async () => {
  const { browser } = await keysOf('refused');
  const wrong = [
    { scopes: [] },
    { scopes: ['write'] },
    { scopes: 'read' },
    { scopes: Array.from({ length: 7 }, () => 'read') },
    { expiresInDays: 0 },
    { expiresInDays: 3651 },
    { expiresInDays: 1.5 },
  ];
  for (const body of wrong)
    await browser.json('POST', '/api/v1/api-keys', 400, { body: { name: 'k', ...body } });
});

test.test('a key says when it ends, and opens nothing from then on', async () => {
  const { make, list } = await keysOf('ending');
  const { id, key } = await make({ scopes: ['read', 'read'], expiresInDays: 30 });
  const [listed] = await list();
  assert.deepEqual(listed?.scopes, ['read']);
  const days = (Date.parse(listed.expiresAt ?? '') - Date.now()) / 86_400_000;
  assert.ok(days > 29.9 && days <= 30, String(days));
  assert.equal(listed.lastUsedAt, null);
  assert.equal((await send(key, 'get', '/api/v1/mailboxes')).status, 200);
  const [used] = await list();
  assert.notEqual(used?.lastUsedAt, null);
  await web.test.asOwner('UPDATE api_keys SET expires_at = now() WHERE id = $1', [id]);
  assert.equal((await send(key, 'get', '/api/v1/mailboxes')).status, 401);
  assert.equal((await list()).length, 1, 'still listed, for its owner to see why');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readWebConfig } from '../../../src/config.ts';
import { Fault } from '../../../src/core/fault.ts';
import { installationOf } from '../../../src/http/installation.ts';
import type { Parts } from '../../../src/http/parts.ts';
import { serveWeb } from '../../../src/http/server.ts';
import { generateKeys } from '../../../src/keys.ts';

const down = (): Promise<never> => Promise.reject(new Fault('database-unavailable'));
const quiet = () => undefined;

test('while the database is down, pages say so, and those that need none are served', async (t) => {
  const config = readWebConfig({ ...generateKeys(), DATABASE_URL: 'postgres://db.example.org/mail' });
  const parts = {
    database: { withTenant: down, asNobody: down },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    google: null,
    billing: null,
    pendingMigrations: down,
    settings: {
      publicUrl: 'http://localhost:1',
      sessionSecret: config.sessionSecret,
      installation: installationOf(config),
      signInsPerMinute: 100,
      dialsPerMinute: 100,
      trustedProxies: 0,
    },
  };
  const server = await serveWeb(parts as unknown as Parts, 0, '127.0.0.1');
  t.after(() => server.close(1000));
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, {
      headers: { accept: 'text/html', ...headers },
      redirect: 'manual',
    });
  const cookie = `smtp-sync-session=${'A'.repeat(43)}`;
  for (const path of ['/', '/mailboxes', '/auth/start']) {
    const answer = await get(path, { cookie });
    assert.equal(answer.status, 503, path);
    assert.match(await answer.text(), /Down for a moment[\s\S]*no mail is lost[\s\S]*>Try again<\/a>/);
  }
  for (const path of ['/', '/privacy', '/terms', '/security', '/robots.txt', '/healthz'])
    assert.equal((await get(path)).status, 200, path);
  assert.equal((await get('/api/v1/account', { cookie })).status, 503);
  const signIn = await get('/auth/google');
  assert.equal(signIn.status, 503);
  assert.match(await signIn.text(), /Sign-in is not set up/);
});

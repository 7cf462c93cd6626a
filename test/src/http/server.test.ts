import assert from 'node:assert/strict';
import * as test from 'node:test';
import { createMetrics, serveMetrics } from '../../../src/http/metrics.ts';
import { OPERATIONS, type Operation } from '../../../src/http/operations.ts';
import { sessionFor, startWeb } from '../../http.ts';

const web = await startWeb(test, { signInsPerMinute: 5 });

test.test('health, readiness', async () => {
  const browser = web.browser();
  await browser.json('GET', '/healthz', 200);
  await browser.json('GET', '/readyz', 200);
  await web.test.asOwner('UPDATE schema_migrations SET version = version + 1000');
  await browser.json('GET', '/readyz', 503);
  await web.test.asOwner('UPDATE schema_migrations SET version = version - 1000');
  await browser.json('GET', '/readyz', 200);
});

test.test('every answer carries the strict headers', async () => {
  for (const path of ['/', '/api/v1/account', '/nowhere', '/privacy']) {
    const { headers } = await web.browser().send('GET', path);
    const csp = headers.get('content-security-policy') ?? '';
    assert.match(csp, /default-src 'none'/);
    assert.doesNotMatch(csp, /unsafe|\*|https:/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.match(headers.get('strict-transport-security') ?? '', /max-age=\d{8}/);
    assert.equal(headers.get('referrer-policy'), 'same-origin');
    assert.equal(headers.get('x-powered-by'), null);
    assert.equal(headers.get('cache-control'), 'no-store');
  }
});

test.test('long answers are compressed for who asks for it, streams of events never', async () => {
  const asked = { headers: { 'accept-encoding': 'gzip' } };
  const plain = await web.browser().send('GET', '/privacy', { headers: { 'accept-encoding': 'identity' } });
  assert.equal(plain.headers.get('content-encoding'), null);
  const packed = await web.browser().send('GET', '/privacy', asked);
  assert.equal(packed.headers.get('content-encoding'), 'gzip');
  assert.equal(await packed.text(), await plain.text());
  const { browser } = await sessionFor(web, 'packed');
  const stream = await browser.send('GET', '/api/v1/events', {
    ...asked,
    signal: AbortSignal.timeout(10_000),
  });
  assert.equal(stream.headers.get('content-encoding'), null);
  await stream.body?.cancel();
});

test.test('unknown paths are 404 in the right form', async () => {
  const browser = web.browser();
  for (const path of [
    '/api/v1/nowhere',
    '/api/v1/mailboxes/../../x',
    '/nowhere',
    '/.env',
    '/../package.json',
  ]) {
    const answer = await browser.send('GET', path);
    assert.equal(answer.status, 404, path);
    assert.deepEqual(await answer.json(), {
      error: { code: 'not-found', message: 'There is nothing here.' },
    });
  }
  const page = await browser.send('GET', '/nowhere', { headers: { accept: 'text/html' } });
  assert.equal(page.status, 404);
  assert.match(await page.text(), />There is no page here<\/h1>/);
});

test.test('sign-ins of one address are limited', async () => {
  const statuses: number[] = [];
  for (let i = 0; i < 7; i++)
    statuses.push(
      (await web.browser().send('GET', '/auth/google', { headers: { 'x-forwarded-for': '198.51.100.7' } }))
        .status,
    );
  assert.deepEqual(statuses, [302, 302, 302, 302, 302, 429, 429]);
  const elsewhere = { headers: { 'x-forwarded-for': '198.51.100.8' } };
  assert.equal((await web.browser().send('GET', '/auth/google', elsewhere)).status, 302);
});

test.test('the OpenAPI document describes every operation with resolvable schemas', async () => {
  const document = await web.browser().json<{
    openapi: string;
    paths: Record<string, Record<string, { operationId: string; responses: object; requestBody?: object }>>;
    components: object;
  }>('GET', '/api/openapi.json', 200);
  assert.equal(document.openapi, '3.1.0');
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => `${operationId} ${method} ${path}`),
  );
  const served = Object.entries(OPERATIONS as Record<string, Operation>).map(
    ([name, { method, path }]) => `${name} ${method} ${path.replace(/:(\w+)/g, '{$1}')}`,
  );
  assert.deepEqual(described.sort(), served.sort());
  const text = JSON.stringify(document);
  for (const [, pointer = ''] of text.matchAll(/"\$ref":"#\/([^"]*)"/g)) {
    const target = pointer
      .split('/')
      .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document);
    assert.ok(target, pointer);
  }
  assert.ok(document.paths['/api/v1/mailboxes']?.post?.requestBody);
});

test.test('a failure of ours is a plain 500, logged without its message', async () => {
  const { browser } = await sessionFor(web, 'unlucky');
  await web.test.asOwner('ALTER TABLE mailboxes RENAME COLUMN host TO canary_host');
  const answer = await browser.json<{ error: { code: string } }>('GET', '/api/v1/mailboxes', 500);
  assert.equal(answer.error.code, 'internal');
  await web.test.asOwner('ALTER TABLE mailboxes RENAME COLUMN canary_host TO host');
  assert.match(web.logged(), /request-failed/);
  assert.doesNotMatch(web.logged(), /canary|column/);
});

test.test('metrics are on a port of their own, by route pattern', async (t) => {
  const metrics = createMetrics();
  const server = await serveMetrics(metrics.registry, 0, '127.0.0.1');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const text = await (await fetch(`http://127.0.0.1:${address.port}/metrics`)).text();
  assert.match(text, /smtp_sync_http_request_seconds/);
  assert.match(text, /process_cpu_seconds_total/);
  assert.equal((await web.browser().send('GET', '/metrics')).status, 404);
});

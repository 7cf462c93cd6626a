/** The description of the API: whole, resolvable, and true to what is served. */
import assert from 'node:assert/strict';
import * as test from 'node:test';
import { z } from 'zod';
import { missingScope } from '../../../src/core/api-key.ts';
import { WEBHOOK_EVENT_SCHEMAS } from '../../../src/http/contract/webhook-events.ts';
import { ERRORS } from '../../../src/http/error-codes.ts';
import { describeApi } from '../../../src/http/openapi.ts';
import { exampleOf, type Json, jsonSchema } from '../../../src/http/openapi-schemas.ts';
import { OPERATIONS, type Operation } from '../../../src/http/operations.ts';
import { sessionFor, startWeb } from '../../http.ts';

/** What of OpenAPI 3.1 is used here (https://spec.openapis.org/oas/v3.1.0), strictly: nothing else may be there. */
const content = z.record(
  z.string().regex(/^[\w.+-]+\/[\w.+-]+$/),
  z.strictObject({ schema: z.looseObject({}), example: z.unknown().optional() }),
);
const parameter = z.strictObject({
  name: z.string(),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean(),
  description: z.string().min(5).optional(),
  schema: z.looseObject({}),
});
const operation = z.strictObject({
  operationId: z.string().regex(/^[\w.-]+$/),
  tags: z.array(z.string()).length(1),
  summary: z.string().min(10),
  description: z.string().min(20).optional(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z.array(parameter).optional(),
  requestBody: z.strictObject({ required: z.boolean(), content }).optional(),
  responses: z.record(
    z.string().regex(/^(?:\d{3}|2XX)$/),
    z.strictObject({ description: z.string().min(3), content: content.optional() }),
  ),
});
const methods = z.partialRecord(z.enum(['get', 'post', 'patch', 'delete']), operation);
const documentSchema = z.strictObject({
  openapi: z.literal('3.1.0'),
  info: z.strictObject({
    title: z.string(),
    version: z.string(),
    summary: z.string(),
    description: z.string(),
  }),
  externalDocs: z.strictObject({ description: z.string(), url: z.url() }),
  servers: z.array(z.strictObject({ url: z.url() })).length(1),
  tags: z.array(z.strictObject({ name: z.string(), description: z.string() })),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  components: z.strictObject({
    securitySchemes: z.record(
      z.string(),
      z.looseObject({ type: z.enum(['http', 'apiKey']), description: z.string() }),
    ),
    schemas: z.record(z.string(), z.looseObject({})),
  }),
  paths: z.record(z.string().startsWith('/api/v1/'), methods),
  webhooks: z.record(z.string(), methods),
});

const served = OPERATIONS as Record<string, Operation>;
const described = documentSchema.parse(describeApi('https://mail.example.com'));
const operations = Object.entries(described.paths).flatMap(([path, all]) =>
  Object.values(all).map((one) => ({ path, ...one })),
);

test.test('every operation has an id of its own, a tag that is declared, and its path’s parameters', () => {
  const ids = [...operations, ...Object.values(described.webhooks).flatMap(Object.values)].map(
    ({ operationId }) => operationId,
  );
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(operations.map(({ operationId }) => operationId).sort(), Object.keys(served).sort());
  const tags = described.tags.map(({ name }) => name);
  for (const { operationId, tags: own, path, parameters = [] } of operations) {
    assert.ok(
      own.every((tag) => tags.includes(tag)),
      operationId,
    );
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    assert.deepEqual(
      parameters.filter((one) => one.in === 'path').map(({ name }) => name),
      inPath,
      operationId,
    );
    assert.equal(new Set(parameters.map(({ name }) => name)).size, parameters.length, operationId);
  }
});

test.test('security names declared schemes, and for keys the scopes that are asked for', () => {
  const schemes = Object.keys(described.components.securitySchemes);
  for (const { operationId, security } of operations) {
    const named = security.flatMap((one) => Object.keys(one));
    assert.ok(
      named.every((name) => schemes.includes(name)),
      operationId,
    );
    assert.deepEqual(security[0]?.apiKey, served[operationId]?.scopes);
  }
});

/** The kinds of nodes that JSON Schema allows here; anything else is a slip. */
function assertSchema(node: unknown, where: string): void {
  assert.ok(typeof node === 'object' && node !== null, where);
  const schema = node as Json;
  if ('$ref' in schema) {
    const target = String(schema.$ref)
      .replace(/^#\//, '')
      .split('/')
      .reduce<unknown>((at, key) => (at as Json | undefined)?.[key], described);
    assert.ok(target, `${where}: ${schema.$ref}`);
    return;
  }
  const types = ['object', 'array', 'string', 'integer', 'number', 'boolean', 'null'];
  const says = ['anyOf', 'oneOf', 'const', 'enum'].some((key) => key in schema);
  assert.ok(
    says || [schema.type].flat().every((type) => types.includes(String(type))),
    `${where}: ${JSON.stringify(schema)}`,
  );
  for (const choice of [schema.anyOf ?? [], schema.oneOf ?? []].flat()) assertSchema(choice, where);
  for (const [name, one] of Object.entries((schema.properties ?? {}) as Json))
    assertSchema(one, `${where}.${name}`);
  for (const name of (schema.required ?? []) as string[])
    assert.ok(
      name in ((schema.properties ?? schema.additionalProperties ?? {}) as Json) || 'propertyNames' in schema,
      where,
    );
  if (schema.type === 'array') assertSchema(schema.items, `${where}[]`);
  if (typeof schema.additionalProperties === 'object')
    assertSchema(schema.additionalProperties, `${where}{}`);
}

test.test('every schema is one and every reference leads somewhere', () => {
  for (const { operationId, parameters = [], requestBody, responses } of operations) {
    for (const { name, schema } of parameters) assertSchema(schema, `${operationId} ${name}`);
    const contents = [requestBody?.content, ...Object.values(responses).map((one) => one.content)];
    for (const one of contents.flatMap((all) => Object.values(all ?? {})))
      assertSchema(one.schema, operationId);
  }
  for (const one of Object.values(described.components.schemas)) assertSchema(one, 'components');
});

test.test('every example of a body is taken by what is served, and every example of an answer is one', () => {
  for (const [name, { body, bodyIs, answer, example }] of Object.entries(served)) {
    if (body && bodyIs === undefined) {
      const shown = example ?? exampleOf(jsonSchema(body, 'input'));
      const parsed = body.safeParse(shown);
      assert.ok(parsed.success, `${name}: ${JSON.stringify(shown)} ${parsed.error?.message}`);
    }
    if (answer) {
      const parsed = answer.safeParse(exampleOf(jsonSchema(answer, 'output')));
      assert.ok(parsed.success, `${name}: ${parsed.error?.message}`);
    }
  }
  for (const [event, { schema }] of Object.entries(WEBHOOK_EVENT_SCHEMAS)) {
    const parsed = schema.safeParse(exampleOf(jsonSchema(schema, 'output')));
    assert.ok(parsed.success, `${event}: ${parsed.error?.message}`);
  }
});

test.test('every operation says what it may be refused with, and each refusal what its code is', () => {
  for (const { operationId, responses } of operations) {
    const { status } = served[operationId] ?? assert.fail(operationId);
    assert.ok(responses[status], operationId);
    for (const needed of ['401', '403', '500', '503'])
      assert.ok(responses[needed], `${operationId} ${needed}`);
    for (const [status, { description }] of Object.entries(responses)) {
      if (Number(status) < 400) continue;
      const codes = [...description.matchAll(/`([\w-]+)`:/g)].map(([, code]) => code as keyof typeof ERRORS);
      assert.ok(codes.length > 0, `${operationId} ${status}`);
      for (const code of codes) assert.equal(ERRORS[code]?.[0], Number(status), `${operationId} ${code}`);
    }
  }
});

const web = await startWeb(test);

test.test('the page shows each operation with its scopes and an example, without a script', async () => {
  const answer = await web.browser().send('GET', '/docs/api', { headers: { accept: 'text/html' } });
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  const page = await answer.text();
  assert.doesNotMatch(page, /<script|<style|style="|\son\w+="/);
  for (const [name, { method, path, scopes }] of Object.entries(served)) {
    const [, rest = ''] = page.split(`<article aria-labelledby="${name}-title"`);
    const [own = ''] = rest.split('</article>');
    assert.ok(own.includes(`${path.replace(/:(\w+)/g, '{$1}')}</code>`), name);
    assert.ok(own.includes('curl '), name);
    assert.equal(own.includes(`-X ${method.toUpperCase()}`), method !== 'get', name);
    for (const scope of scopes) assert.ok(own.includes(`>${scope}</code>`), `${name} ${scope}`);
  }
  const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length, 'ids are unique');
  for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) assert.ok(ids.includes(target), `#${target}`);
});

test.test('a key with exactly the scopes that the description names is let in', async () => {
  const { browser } = await sessionFor(web, 'reader');
  for (const { operationId, path, security } of operations.filter(({ path }) => !/\{/.test(path))) {
    const scopes = security[0]?.apiKey ?? [];
    const { method } = served[operationId] ?? assert.fail(operationId);
    if (method !== 'get' || operationId === 'watchEvents') continue;
    assert.equal(missingScope(scopes as never, served[operationId]?.scopes ?? ['full']), null);
    const { id, key } = await browser.json<{ id: string; key: string }>('POST', '/api/v1/api-keys', 201, {
      body: { name: 'k', scopes },
    });
    const answer = await web.browser().send('GET', path, { headers: { authorization: `Bearer ${key}` } });
    assert.ok(![401, 403].includes(answer.status), `${operationId} ${answer.status}`);
    await answer.text();
    await browser.send('DELETE', `/api/v1/api-keys/${id}`);
  }
});

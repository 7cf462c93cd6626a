/** OpenAPI 3.1 from the operations' zod schemas; https://spec.openapis.org/oas/v3.1.0 */
import type { z } from 'zod';
import { KEY_SCOPES, SCOPE_TEXTS } from '../core/api-key.ts';
import { errorSchema } from './api.ts';
import { WEBHOOK_EVENT_SCHEMAS } from './contract/webhook-events.ts';
import { cookieName } from './cookies.ts';
import { ERRORS, type ErrorCode } from './error-codes.ts';
import { exampleOf, type Json, jsonSchema } from './openapi-schemas.ts';
import { DESCRIPTION, TAGS, tagOf } from './openapi-texts.ts';
import { OPERATIONS, type Operation } from './operations.ts';

export const describeApi = (publicUrl: string): Json => {
  const paths: Record<string, Json> = {};
  for (const [operationId, operation] of Object.entries(OPERATIONS as Record<string, Operation>)) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method]: describeOperation(operationId, operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'smtp-sync',
      version: '1',
      summary: 'Old mailboxes, flowing into Gmail',
      description: DESCRIPTION,
    },
    externalDocs: { description: 'The same, to read', url: `${publicUrl}/docs/api` },
    servers: [{ url: publicUrl }],
    tags: Object.values(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ apiKey: [] }, { session: [] }],
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: `An API key. Scopes:\n\n${scopeList()}` },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: cookieName('session', publicUrl),
          description: 'A browser that is signed in; it may do everything.',
        },
      },
      schemas: { Error: jsonSchema(errorSchema, 'output') },
    },
    paths,
    webhooks: describeWebhooks(),
  };
};

const scopeList = (): string => KEY_SCOPES.map((scope) => `- \`${scope}\`: ${SCOPE_TEXTS[scope]}`).join('\n');

const describeOperation = (operationId: string, operation: Operation): Json => {
  const parameters = [...pathParameters(operation), ...queryParameters(operation.query)];
  const body = bodyContent(operation);
  return {
    operationId,
    tags: [TAGS[tagOf(operation.path)][0]],
    summary: operation.summary,
    ...(operation.description !== undefined && { description: operation.description }),
    security: [{ apiKey: operation.scopes }, { session: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: operation.bodyOptional !== true, content: body } }),
    responses: {
      [operation.status]: { description: operation.summary, ...answerContent(operation) },
      ...refusals(operation),
    },
  };
};

/** What a body looks like, and one that would be taken. */
export const bodyContent = ({ body, bodyIs, example }: Operation): Json | null => {
  if (body === undefined) return null;
  if (bodyIs === 'csv') return { 'text/csv': { schema: { type: 'string' } } };
  const schema = jsonSchema(body, 'input');
  return { 'application/json': { schema, example: example ?? exampleOf(schema) } };
};

const answerContent = ({ answer, mediaType }: Operation): Json => {
  if (answer) {
    const schema = jsonSchema(answer, 'output');
    return { content: { 'application/json': { schema, example: exampleOf(schema) } } };
  }
  return mediaType === undefined ? {} : { content: { [mediaType]: { schema: { type: 'string' } } } };
};

/** Codes by status: what every call of its kind may be refused with, and what this one may besides. */
export function refusalsOf(operation: Operation): ReadonlyMap<number, readonly ErrorCode[]> {
  const { body, query, path, method, dials, costs, refusals = [] } = operation;
  const codes: ErrorCode[] = [
    ...(body || query ? (['invalid-request'] as const) : []),
    ...(body ? (['invalid-json', 'too-large', 'unsupported-media-type'] as const) : []),
    'unauthorized',
    ...(method === 'get' ? [] : (['origin-refused'] as const)),
    'scope-missing',
    ...(path.includes(':') || query ? (['not-found'] as const) : []),
    ...(dials || costs ? (['rate-limited'] as const) : []),
    'internal',
    'database-unavailable',
    ...refusals,
  ];
  return Map.groupBy(
    [...new Set(codes)].sort((a, b) => ERRORS[a][0] - ERRORS[b][0]),
    (code) => ERRORS[code][0],
  );
}

const refusals = (operation: Operation): Json =>
  Object.fromEntries(
    [...refusalsOf(operation)].map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\`: ${ERRORS[code][1]}`).join(' '),
        content: {
          'application/json': {
            schema: { $ref: '#/components/schemas/Error' },
            example: { error: { code: codes[0], message: ERRORS[codes[0] ?? 'internal'][1] } },
          },
        },
      },
    ]),
  );

export const pathParameters = ({ path, idIs }: Operation): Json[] => {
  const schema = { type: 'string', ...(idIs === 'entry' ? { pattern: '^[0-9]+$' } : { format: 'uuid' }) };
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    description: name === 'id' ? 'Its id.' : 'The delivery’s id.',
    schema,
  }));
};

export const queryParameters = (query: z.ZodType | undefined): Json[] => {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = jsonSchema(query, 'input');
  return Object.entries(properties as Json).map(([name, schema]) => {
    const { description, ...rest } = schema as Json;
    return {
      name,
      in: 'query',
      required: (required as string[]).includes(name),
      ...(description !== undefined && { description }),
      schema: rest,
    };
  });
};

/** What programs are told; docs/webhooks.md has the rest. */
const describeWebhooks = (): Json =>
  Object.fromEntries(
    Object.entries(WEBHOOK_EVENT_SCHEMAS).map(([event, { summary, schema }]) => {
      const shape = jsonSchema(schema, 'output');
      return [
        event,
        {
          post: {
            operationId: `told-${event}`,
            tags: [TAGS.webhooks[0]],
            summary,
            parameters: HEADERS.map(([name, description]) => ({
              name,
              in: 'header',
              required: true,
              description,
              schema: { type: 'string' },
            })),
            requestBody: {
              required: true,
              content: { 'application/json': { schema: shape, example: exampleOf(shape) } },
            },
            responses: {
              '2XX': { description: 'Taken. Everything else is tried again; 410 switches the webhook off.' },
            },
            security: [],
          },
        },
      ];
    }),
  );

export const HEADERS = [
  ['Smtp-Sync-Event', 'The event’s name.'],
  ['Smtp-Sync-Event-Id', 'The same at every try and replay.'],
  ['Smtp-Sync-Signature', '`t=<seconds>,v1=<hex>`: HMAC-SHA256 of `<t>.<body>` with the webhook’s secret.'],
] as const;

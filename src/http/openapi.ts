/** OpenAPI 3.1 from the operations' zod schemas; https://spec.openapis.org/oas/v3.1.0 */
import { z } from 'zod';
import { errorSchema } from './api.ts';
import { cookieName } from './cookies.ts';
import { OPERATIONS, type Operation } from './operations.ts';

type Json = Record<string, unknown>;

export const describeApi = (publicUrl: string): Json => {
  const paths: Record<string, Json> = {};
  for (const [operationId, operation] of Object.entries(OPERATIONS as Record<string, Operation>)) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method]: describeOperation(operationId, operation) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'smtp-sync', version: '1' },
    servers: [{ url: publicUrl }],
    security: [{ apiKey: [] }, { session: [] }],
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: cookieName('session', publicUrl) },
      },
      schemas: { Error: jsonSchema(errorSchema, 'output') },
    },
    paths,
  };
};

const describeOperation = (operationId: string, operation: Operation): Json => {
  const parameters = [...pathParameters(operation), ...queryParameters(operation.query)];
  return {
    operationId,
    summary: operation.summary,
    ...(parameters.length > 0 && { parameters }),
    ...(operation.body && {
      requestBody: {
        required: operation.bodyOptional !== true,
        content: {
          [operation.bodyIs === 'csv' ? 'text/csv' : 'application/json']: {
            schema: jsonSchema(operation.body, 'input'),
          },
        },
      },
    }),
    responses: {
      [operation.status]: { description: operation.summary, ...answerContent(operation) },
      default: {
        description: 'A refusal',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
};

const answerContent = ({ answer, mediaType }: Operation): Json => {
  if (answer) return { content: { 'application/json': { schema: jsonSchema(answer, 'output') } } };
  return mediaType === undefined ? {} : { content: { [mediaType]: {} } };
};

const pathParameters = ({ path, idIs }: Operation): Json[] => {
  const schema = { type: 'string', ...(idIs === 'entry' ? { pattern: '^[0-9]+$' } : { format: 'uuid' }) };
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: 'path', required: true, schema }));
};

const queryParameters = (query: z.ZodType | undefined): Json[] => {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: 'input' });
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
};

const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
};

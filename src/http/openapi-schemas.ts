/** zod schemas as JSON Schema (2020-12, as OpenAPI 3.1 has it), with words, and examples of what fits them. */
import { z } from 'zod';
import { FIELDS } from './openapi-texts.ts';

export type Json = Readonly<Record<string, unknown>>;

const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Formats that say by themselves what a long pattern would. */
const FORMATS = ['uuid', 'date', 'date-time', 'email', 'uri'];

export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io });
  return tidy(rest) as Json;
}

function tidy(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(tidy);
  if (!isJson(node)) return node;
  const kept = Object.entries(node).filter(
    ([key]) => !(key === 'pattern' && typeof node.format === 'string' && FORMATS.includes(node.format)),
  );
  const tidied: Record<string, unknown> = Object.fromEntries(
    kept.map(([key, value]) => [key, key === 'enum' || key === 'default' ? value : tidy(value)]),
  );
  if (isJson(tidied.properties)) tidied.properties = worded(tidied.properties);
  return tidied;
}

const worded = (properties: Json): Json =>
  Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [
      name,
      isJson(schema) && FIELDS[name] !== undefined && schema.description === undefined
        ? { ...schema, description: FIELDS[name] }
        : schema,
    ]),
  );

const TEXTS: Readonly<Record<string, string>> = {
  email: 'someone@example.com',
  host: 'imap.example.com',
  username: 'someone@example.com',
  url: 'https://example.com/',
  key: 'smtpsync_…',
  secret: 'whsec_…',
  senderDomain: 'example.org',
  code: 'login-refused',
  message: 'The mail server refuses this user name and password.',
};
const FORMATTED: Readonly<Record<string, string>> = {
  uuid: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  date: '2026-11-21',
  'date-time': '2026-11-21T10:00:00.000Z',
  email: 'someone@example.com',
  uri: 'https://example.com/',
};

const PATTERNED: Readonly<Record<string, string>> = {
  '^[0-9a-f]{64}$': '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
};

/** Something that fits; `name` is the field's. Always the same for the same schema. */
export function exampleOf(schema: Json, name = ''): unknown {
  if ('example' in schema) return schema.example;
  if ('const' in schema) return schema.const;
  if ('default' in schema) return schema.default;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choices) && isJson(choices[0])) return exampleOf(choices[0], name);
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'object':
      return exampleObject(schema);
    case 'array':
      return isJson(schema.items) ? [exampleOf(schema.items, name)] : [];
    case 'integer':
    case 'number':
      return Math.max(Number(schema.minimum ?? 0), Math.min(3, Number(schema.maximum ?? 3)));
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return FORMATTED[String(schema.format)] ?? PATTERNED[String(schema.pattern)] ?? TEXTS[name] ?? 'text';
  }
}

function exampleObject(schema: Json): Json {
  if (isJson(schema.properties))
    return Object.fromEntries(
      Object.entries(schema.properties).map(([name, one]) => [
        name,
        isJson(one) ? exampleOf(one, name) : one,
      ]),
    );
  if (!isJson(schema.additionalProperties)) return {};
  const { propertyNames, additionalProperties } = schema;
  const names = isJson(propertyNames) && Array.isArray(propertyNames.enum) ? propertyNames.enum : ['name'];
  return Object.fromEntries(names.map((name) => [String(name), exampleOf(additionalProperties)]));
}

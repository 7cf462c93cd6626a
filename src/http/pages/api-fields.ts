/** A JSON Schema as a list of fields, for people. */
import { type Html, html } from '../html.ts';
import type { Json } from '../openapi-schemas.ts';

interface Field {
  /** With dots into objects and `[]` into arrays. */
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly text: string;
}

const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Schemas go no deeper; this is against a circle. */
const DEEPEST = 6;

function fieldsOf(schema: Json, prefix = '', depth = 0): Field[] {
  if (depth > DEEPEST) return [];
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choices)) {
    const all = choices.filter(isJson).flatMap((choice) => fieldsOf(choice, prefix, depth + 1));
    // Variants share most of their fields.
    return [...new Map(all.map((field) => [`${field.name} ${field.type}`, field])).values()];
  }
  if (schema.type === 'array' && isJson(schema.items))
    return fieldsOf(schema.items, `${prefix}[]`, depth + 1);
  if (!isJson(schema.properties)) return [];
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(schema.properties).flatMap(([name, one]) => {
    if (!isJson(one)) return [];
    const whole = prefix === '' ? name : `${prefix}.${name}`;
    const field = { name: whole, type: typeOf(one), required: required.includes(name), text: textOf(one) };
    return [field, ...fieldsOf(one, whole, depth + 1)];
  });
}

export function typeOf(schema: Json): string {
  if ('const' in schema) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum)) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choices)) return [...new Set(choices.filter(isJson).map(typeOf))].join(' | ');
  if (schema.type === 'array') return isJson(schema.items) ? `array of ${typeOf(schema.items)}` : 'array';
  const format = typeof schema.format === 'string' ? ` (${schema.format})` : '';
  const types: readonly unknown[] = Array.isArray(schema.type) ? schema.type : [schema.type ?? 'any'];
  return `${types.join(' | ')}${format}`;
}

/** Its description, bounds and default. */
function textOf(schema: Json): string {
  const inner = Array.isArray(schema.anyOf) ? schema.anyOf.filter(isJson) : [];
  const [only] = inner.filter(({ type }) => type !== 'null');
  const described = [schema, ...inner].find(({ description }) => typeof description === 'string');
  return [
    typeof described?.description === 'string' ? described.description : '',
    boundsOf(only ?? schema),
    'default' in schema ? `Default: ${JSON.stringify(schema.default)}.` : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function boundsOf({ minimum, maximum, maxLength, minItems, maxItems }: Json): string {
  const isBound = (value: unknown): value is number =>
    typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  if (isBound(minimum) && isBound(maximum)) return `From ${minimum} to ${maximum}.`;
  if (isBound(minimum) && minimum > 0) return `At least ${minimum}.`;
  if (isBound(maxLength)) return `Up to ${maxLength} characters.`;
  if (isBound(maxItems)) return `${isBound(minItems) ? `${minItems} to ` : 'Up to '}${maxItems} of them.`;
  return '';
}

/** Field by field; null when it has none. `all`: an answer, where everything is there. */
export function fieldList(schema: Json, all: boolean): Html | null {
  const fields = fieldsOf(schema);
  if (fields.length === 0) return null;
  return html`<dl class="mt-3 divide-y divide-line border-y border-line text-sm">${fields.map((field) =>
    fieldRow(field.name, field.type, !all && field.required, field.text),
  )}</dl>`;
}

export const fieldRow = (name: string, type: string, required: boolean, text: string): Html =>
  html`<div class="py-2"><dt class="flex flex-wrap gap-x-3 gap-y-0.5"><code class="font-mono text-ink wrap-anywhere">${name}</code><span class="text-muted wrap-anywhere">${type}</span>${required && html`<span class="font-medium text-accent">required</span>`}</dt>${text !== '' && html`<dd class="mt-0.5 text-muted wrap-anywhere">${inline(text)}</dd>`}</div>`;

/** Sentences with `code` in backquotes. */
export const inline = (text: string): readonly (string | Html)[] =>
  text
    .split('`')
    .map((part, i) =>
      i % 2 === 0 ? part : html`<code class="font-mono text-[0.9em] text-ink wrap-anywhere">${part}</code>`,
    );

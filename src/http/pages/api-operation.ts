/** One call of the API on its page: what it takes, who may, an example, what comes back. */
import { ERRORS } from '../error-codes.ts';
import { type Html, html } from '../html.ts';
import { bodyContent, pathParameters, queryParameters, refusalsOf } from '../openapi.ts';
import { exampleOf, type Json, jsonSchema } from '../openapi-schemas.ts';
import type { Operation } from '../operations/operation.ts';
import { fieldList, fieldRow, inline, typeOf } from './api-fields.ts';

const METHODS: Readonly<Record<Operation['method'], string>> = {
  get: 'bg-waiting-soft text-waiting',
  post: 'bg-delivered-soft text-delivered',
  patch: 'bg-rejected-soft text-rejected',
  delete: 'bg-failed-soft text-failed',
};

/** Closed until somebody wants it; a link to what is inside opens it. */
export const operationSection = (name: string, operation: Operation, origin: string): Html =>
  html`<article aria-labelledby="${name}-title" class="rounded-xl border border-line bg-surface"><details>
<summary class="cursor-pointer p-4"><h3 id="${name}-title" class="inline-flex max-w-[calc(100%-2rem)] flex-wrap items-center gap-x-3 gap-y-1 align-middle text-sm font-semibold"><span class="rounded-md px-2 py-0.5 font-mono text-xs uppercase ${METHODS[operation.method]}">${operation.method}</span><code class="min-w-0 font-mono wrap-anywhere">${shown(operation.path)}</code><span class="basis-full font-normal text-muted">${inline(operation.summary)}</span></h3></summary>
<div id="${name}" class="scroll-mt-24 border-t border-line p-5">
${operation.description !== undefined && html`<p class="mb-2 max-w-prose text-sm">${inline(operation.description)}</p>`}
<p class="text-sm text-muted">${operation.scopes.length > 1 ? 'Scopes' : 'Scope'}: ${operation.scopes.map((scope, i) => [i > 0 && ', ', html`<a class="text-accent underline underline-offset-2 hover:text-accent-strong" href="#scopes"><code class="font-mono">${scope}</code></a>`])}. <a class="text-accent underline underline-offset-2 hover:text-accent-strong" href="#${name}" aria-label="Link to ${name}">Link</a></p>
${parameters(operation)}${body(operation)}
<h4 class="mt-4 text-sm font-semibold">Example</h4>
<pre class="mt-2 rounded-lg bg-sunken p-3 font-mono text-xs whitespace-pre-wrap wrap-anywhere">${curl(operation, origin)}</pre>
${answer(operation)}${refusals(operation)}
</div></details></article>`;

const shown = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

function parameters(operation: Operation): Html | null {
  const all = [...pathParameters(operation), ...queryParameters(operation.query)];
  if (all.length === 0) return null;
  return html`<h4 class="mt-4 text-sm font-semibold">Parameters</h4>
<dl class="mt-2 divide-y divide-line border-y border-line text-sm">${all.map(
    ({ name, in: place, required, description, schema }) =>
      fieldRow(
        String(name),
        `${typeOf(schema as Json)}, in the ${place}`,
        required === true,
        typeof description === 'string' ? description : '',
      ),
  )}</dl>`;
}

function body({ body, bodyIs, bodyOptional }: Operation): Html | null {
  if (body === undefined) return null;
  const title = `Body${bodyOptional ? ' (may be left out)' : ''}`;
  const fields = bodyIs === 'csv' ? null : fieldList(jsonSchema(body, 'input'), false);
  return html`<h4 class="mt-4 text-sm font-semibold">${title}</h4>${fields ?? html`<p class="mt-1 text-sm text-muted">${bodyIs === 'csv' ? 'A list as text/csv.' : 'JSON.'}</p>`}`;
}

/** For a shell; the key is in the environment, where it is in no history. */
function curl(operation: Operation, origin: string): string {
  const path = operation.path.replace(/:(\w+)/g, (_, name: string) =>
    name === 'id' && operation.idIs === 'entry' ? '42' : '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  );
  const [type, content] = Object.entries(bodyContent(operation) ?? {})[0] ?? [];
  const needed = queryParameters(operation.query).filter(({ required }) => required === true);
  const search = needed
    .map(({ name, schema }) => `${name}=${exampleOf(schema as Json, String(name))}`)
    .join('&');
  const method = operation.method === 'get' ? '' : `-X ${operation.method.toUpperCase()} `;
  const parts = [
    `curl ${method}${quoted(`${origin}${path}${search && `?${search}`}`)}`,
    '-H "Authorization: Bearer $SMTP_SYNC_KEY"',
    ...(type === undefined ? [] : [`-H 'Content-Type: ${type}'`]),
    ...(type === 'application/json' ? [`-d ${quoted(JSON.stringify((content as Json).example))}`] : []),
    ...(type === 'text/csv' ? ['--data-binary @mailboxes.csv'] : []),
  ];
  return parts.join(' \\\n  ');
}

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

function answer({ status, answer, mediaType }: Operation): Html {
  const head = html`<h4 class="mt-4 text-sm font-semibold">Answer ${status}</h4>`;
  if (answer === undefined)
    return html`${head}<p class="mt-1 text-sm text-muted">${mediaType === undefined ? 'Nothing.' : inline(`As \`${mediaType}\`.`)}</p>`;
  const schema = jsonSchema(answer, 'output');
  return html`${head}<details class="mt-1"><summary class="cursor-pointer py-1 text-sm text-accent">What it looks like</summary>
<pre class="mt-2 rounded-lg bg-sunken p-3 font-mono text-xs whitespace-pre-wrap wrap-anywhere">${JSON.stringify(exampleOf(schema), null, 2)}</pre>
${fieldList(schema, true)}</details>`;
}

const refusals = (operation: Operation): Html =>
  html`<details class="mt-3"><summary class="cursor-pointer py-1 text-sm font-medium">Refusals</summary>
<dl class="mt-2 divide-y divide-line border-y border-line text-sm">${[...refusalsOf(operation)].flatMap(
    ([status, codes]) => codes.map((code) => fieldRow(code, String(status), false, ERRORS[code][1])),
  )}</dl></details>`;

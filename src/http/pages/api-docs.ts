/** `/docs/api`: the API for people, drawn from the same operations that are served. No script. */
import { KEY_SCOPES, SCOPE_TEXTS } from '../../core/api-key.ts';
import { WEBHOOK_EVENT_SCHEMAS } from '../contract/webhook-events.ts';
import { ERRORS, type ErrorCode } from '../error-codes.ts';
import { type Html, html } from '../html.ts';
import { HEADERS, refusalsOf } from '../openapi.ts';
import { exampleOf, jsonSchema } from '../openapi-schemas.ts';
import { DESCRIPTION, TAGS, type TagKey, tagOf } from '../openapi-texts.ts';
import { OPERATIONS, type Operation } from '../operations.ts';
import { fieldList, fieldRow, inline } from './api-fields.ts';
import { operationSection } from './api-operation.ts';
import type { DocumentView } from './document.ts';
import { framed } from './frame.ts';
import { link } from './look.ts';

export const apiDocsPage = (view: DocumentView): string =>
  framed(view.frame, {
    title: 'API',
    indexed: {
      description: 'Every call of smtp-sync’s HTTP API, with its fields, scopes, refusals and an example.',
      url: view.url,
    },
    content: contentFor(new URL(view.url).origin),
  });

const OPERATION_LIST = Object.entries(OPERATIONS as Record<string, Operation>);
const inTag = (tag: TagKey) => OPERATION_LIST.filter(([, { path }]) => tagOf(path) === tag);

/** The same for everybody, and long: drawn once. */
const drawn = new Map<string, Html>();
function contentFor(origin: string): Html {
  const known = drawn.get(origin) ?? draw(origin);
  drawn.set(origin, known);
  return known;
}

const draw = (origin: string): Html =>
  html`<div class="mx-auto grid max-w-6xl gap-x-12 gap-y-8 px-4 py-12 md:px-6 md:py-16 lg:grid-cols-[15rem_minmax(0,1fr)]">
<header class="lg:col-start-2">
<h1 class="text-3xl font-bold tracking-tight">API</h1>
<div class="mt-5 max-w-prose space-y-3 leading-relaxed text-muted">${DESCRIPTION.split('\n\n').map(paragraph)}
<p>The same for machines: ${link('/api/openapi.json', 'OpenAPI 3.1')}. The address of this installation: <code class="font-mono text-[0.9em] text-ink wrap-anywhere">${origin}</code></p></div>
</header>
<nav aria-label="On this page" class="text-sm lg:col-start-1 lg:row-span-2 lg:row-start-1"><ol class="space-y-0.5 lg:sticky lg:top-6 lg:max-h-[calc(100dvh-3rem)] lg:overflow-y-auto">${contents()}</ol></nav>
<div class="min-w-0 space-y-14 lg:col-start-2">${scopes()}${(Object.keys(TAGS) as TagKey[]).map((tag) => tagSection(tag, origin))}${events()}${errors()}</div>
</div>`;

/** With its first words in bold. */
function paragraph(text: string): Html {
  const [, bold = '', rest = text] = /^\*\*(.+?)\*\*(.*)$/s.exec(text) ?? [];
  return html`<p>${bold !== '' && html`<strong class="font-medium text-ink">${bold}</strong>`}${inline(rest)}</p>`;
}

const contents = (): readonly Html[] => [
  entry('scopes', 'Scopes'),
  ...(Object.keys(TAGS) as TagKey[]).map((tag) => entry(tag, TAGS[tag][0])),
  entry('events', 'What webhooks are told'),
  entry('errors', 'Refusals'),
];

const entry = (id: string, title: string): Html =>
  html`<li><a class="block rounded-md py-1 text-muted hover:text-accent hover:underline" href="#${id}">${title}</a></li>`;

const section = (id: string, title: string, content: Html): Html =>
  html`<section id="${id}" class="scroll-mt-6" aria-labelledby="${id}-title">
<h2 id="${id}-title" class="text-xl font-semibold tracking-tight">${title}</h2>
${content}
</section>`;

const scopes = (): Html =>
  section(
    'scopes',
    'Scopes',
    html`<p class="mt-2 max-w-prose text-muted">A key does what its scopes allow, and is refused with ${inline('`scope-missing`')} otherwise. One without scopes has ${inline('`full`')}.</p>
<dl class="mt-3 divide-y divide-line border-y border-line text-sm">${KEY_SCOPES.map((scope) =>
      fieldRow(scope, `lets a program ${SCOPE_TEXTS[scope]}`, false, ''),
    )}</dl>`,
  );

const tagSection = (tag: TagKey, origin: string): Html =>
  section(
    tag,
    TAGS[tag][0],
    html`<p class="mt-2 max-w-prose text-muted">${TAGS[tag][1]}</p>
<div class="mt-4 space-y-3">${inTag(tag).map(([name, operation]) => operationSection(name, operation, origin))}</div>`,
  );

const events = (): Html =>
  section(
    'events',
    'What webhooks are told',
    html`<p class="mt-2 max-w-prose text-muted">A POST with JSON and the headers below. Answer with 2xx within ten seconds; anything else is tried again, eight times in about 21 hours, and 410 switches the webhook off. The same event can come twice: keep the ids that you have seen.</p>
<dl class="mt-3 divide-y divide-line border-y border-line text-sm">${HEADERS.map(([name, text]) => fieldRow(name, 'header', false, text))}</dl>
<div class="mt-6 space-y-8">${Object.entries(WEBHOOK_EVENT_SCHEMAS).map(([event, { summary, schema }]) => {
      const shape = jsonSchema(schema, 'output');
      return html`<article aria-labelledby="event-${event}" class="rounded-xl border border-line bg-surface p-5">
<h3 id="event-${event}" class="font-mono text-sm font-semibold wrap-anywhere">${event}</h3>
<p class="mt-1 text-sm text-muted">${inline(summary)}.</p>
<pre class="mt-3 rounded-lg bg-sunken p-3 font-mono text-xs whitespace-pre-wrap wrap-anywhere">${JSON.stringify(exampleOf(shape), null, 2)}</pre>
<details class="mt-3"><summary class="cursor-pointer py-1 text-sm font-medium">Fields</summary>${fieldList(shape, true)}</details>
</article>`;
    })}</div>`,
  );

const errors = (): Html =>
  section(
    'errors',
    'Refusals',
    html`<dl class="mt-3 divide-y divide-line border-y border-line text-sm">${(Object.keys(ERRORS) as ErrorCode[]).filter(isAnApis).map((code) => fieldRow(code, String(ERRORS[code][0]), false, ERRORS[code][1]))}</dl>`,
  );

/** Some are pages' alone. */
const used = new Set(OPERATION_LIST.flatMap(([, operation]) => [...refusalsOf(operation).values()].flat()));
const isAnApis = (code: ErrorCode): boolean => used.has(code);

/** `/audit`: the Glass Box. One line per message; filters and pages are plain links and a GET form. */
import { AUDIT_STATUSES } from '../../core/audit.ts';
import { FAULTS, type FaultCode } from '../../core/fault.ts';
import type { AuditEntryView, Mailbox } from '../api.ts';
import { type Html, html } from '../html.ts';
import { layout, type Viewer } from './layout.ts';

export interface AuditView {
  readonly viewer: Viewer;
  readonly mailboxes: readonly Mailbox[];
  readonly entries: readonly AuditEntryView[];
  readonly nextCursor: string | null;
  /** The filters as given, without `cursor` and `limit`. */
  readonly filters: URLSearchParams;
}

export function auditPage({ viewer, mailboxes, entries, nextCursor, filters }: AuditView): string {
  const names = new Map(mailboxes.map((mailbox) => [mailbox.id, mailbox.username]));
  const next = new URLSearchParams(filters);
  next.set('cursor', nextCursor ?? '');
  return layout(
    'Audit',
    viewer,
    html`${filterForm(filters, mailboxes)}
<p><a href="/api/v1/audit.csv?${filters.toString()}">Download as CSV</a></p>
${
  entries.length === 0
    ? html`<p>No entries.</p>`
    : html`<div class="scroll"><table>
<thead><tr><th>Time (UTC)</th><th>Mailbox</th><th>Sender’s domain</th><th>Outcome</th><th>Bytes</th><th>Delay</th></tr></thead>
<tbody>${entries.map((entry) => row(entry, names.get(entry.mailboxId) ?? ''))}</tbody></table></div>`
}
${nextCursor !== null && html`<p><a class="button" href="/audit?${next.toString()}">Older</a></p>`}`,
  );
}

function filterForm(filters: URLSearchParams, mailboxes: readonly Mailbox[]): Html {
  const chosen = (name: string, value: string, text: string) =>
    filters.get(name) === value
      ? html`<option value="${value}" selected>${text}</option>`
      : html`<option value="${value}">${text}</option>`;
  return html`<form class="filters" method="get" action="/audit">
<label>Mailbox <select name="mailbox"><option value="">All</option>${mailboxes.map((mailbox) => chosen('mailbox', mailbox.id, mailbox.username))}</select></label>
<label>Outcome <select name="status"><option value="">All</option>${AUDIT_STATUSES.map((status) => chosen('status', status, status))}</select></label>
<label>Domain <input name="domain" value="${filters.get('domain') ?? ''}"></label>
<label>From <input type="date" name="from" value="${filters.get('from') ?? ''}"></label>
<label>To <input type="date" name="to" value="${filters.get('to') ?? ''}"></label>
<button>Filter</button>
</form>`;
}

const row = (entry: AuditEntryView, mailbox: string): Html => html`<tr>
<td>${entry.at.slice(0, 19).replace('T', ' ')}</td><td>${mailbox}</td><td>${entry.senderDomain}</td>
<td><span class="status ${entry.status}">${entry.status}</span>${entry.reason !== null && html` <small>${explain(entry.reason)}</small>`}</td>
<td>${entry.sizeBytes}</td><td>${entry.delayMs === null ? '' : `${Math.round(entry.delayMs / 1000)} s`}</td></tr>`;

const REASONS: Readonly<Record<string, string>> = {
  recovered: 'The upload was found complete after an interruption.',
  reimported: 'Gmail had lost the upload; it was sent again.',
  'already-delivered': 'Known already under another id.',
};

const explain = (reason: string): string =>
  REASONS[reason] ?? (reason in FAULTS ? FAULTS[reason as FaultCode].message : reason);

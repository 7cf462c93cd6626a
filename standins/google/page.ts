/** GET / and /gmail: what has arrived, for people. Without scripts; reloads itself. */
import { escapeHtml } from './answer.ts';
import type { State, StoredMessage } from './state.ts';

const SHOWN = 200;

const STYLE = `
:root{color-scheme:light dark;--line:#dde3ea;--paper:#fff;--ground:#f6f8fc;--ink:#1f1f1f;--soft:#5f6368;--chip:#e8eaed}
@media(prefers-color-scheme:dark){:root{--line:#333;--paper:#131314;--ground:#1e1f20;--ink:#e3e3e3;--soft:#9aa0a6;--chip:#37393b}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
header{padding:20px 28px}h1{font-size:1.4rem;font-weight:400;margin:0}p{margin:.2em 0;color:var(--soft)}
nav{padding:0 28px 12px;display:flex;gap:8px;flex-wrap:wrap}nav a{padding:5px 14px;border-radius:16px;background:var(--chip);color:inherit;text-decoration:none}nav a[aria-current]{outline:2px solid #0b57d0}
.box{margin:0 16px 24px;background:var(--paper);border-radius:16px;overflow:auto}table{border-collapse:collapse;width:100%;min-width:640px}
td,th{padding:7px 12px;border-bottom:1px solid var(--line);text-align:left;white-space:nowrap;max-width:34ch;overflow:hidden;text-overflow:ellipsis}
td.subject{max-width:60ch}th{color:var(--soft);font-weight:500;font-size:.8rem}.unread{font-weight:600}.number{text-align:right;font-variant-numeric:tabular-nums}
i{font-style:normal;font-size:.72rem;font-weight:400;background:var(--chip);border-radius:4px;padding:1px 6px;margin-right:4px}.empty{padding:48px;text-align:center}`;

/** `chosen`: an account's address; null shows all accounts. */
export function gmailPage(state: State, chosen: string | null): string {
  const own = chosen === null ? state.messages : state.messages.filter(({ account }) => account === chosen);
  const bytes = own.reduce((sum, { size }) => sum + size, 0);
  const rows = own
    .slice(-SHOWN)
    .reverse()
    .map((message) => row(state, message))
    .join('');
  const link = (href: string, text: string, current: boolean) =>
    `<a href="${href}"${current ? ' aria-current="page"' : ''}>${escapeHtml(text)}</a>`;
  const accounts = [...state.accounts.keys()].map((email) =>
    link(`/gmail?account=${encodeURIComponent(email)}`, email, email === chosen),
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="2">
<meta name="viewport" content="width=device-width"><title>Gmail (stand-in): ${own.length} messages</title><style>${STYLE}</style>
<header><h1>Gmail, as the stand-in sees it</h1><p><b>${own.length.toLocaleString('en')}</b> messages, <b>${bytes.toLocaleString('en')}</b> bytes${own.length > SHOWN ? `; the last ${SHOWN} are shown` : ''}</p></header>
<nav>${link('/gmail', 'All accounts', chosen === null)}${accounts.join('')}</nav>
<div class="box">${rows ? `<table><thead><tr><th>From<th>Subject<th>Labels<th>Dated<th class="number">Bytes<th>Arrived<th>SHA-256</tr></thead><tbody>${rows}</tbody></table>` : '<p class="empty">Nothing has arrived yet.</p>'}</div></html>`;
}

function row(state: State, message: StoredMessage): string {
  const own = state.accounts.get(message.account)?.labels;
  const named = message.labelIds.map((id) => own?.get(id) ?? id);
  const labels = named.map((label) => `<i>${escapeHtml(label)}</i>`).join('');
  const dated = new Date(message.internalDate).toISOString().slice(0, 16).replace('T', ' ');
  const arrived = new Date(message.receivedAt).toISOString().slice(11, 19);
  return `<tr${message.labelIds.includes('UNREAD') ? ' class="unread"' : ''}><td>${escapeHtml(message.from)}<td class="subject">${escapeHtml(message.subject) || '(no subject)'}<td>${labels}<td>${dated}<td class="number">${message.size.toLocaleString('en')}<td>${arrived}<td>${message.sha256.slice(0, 8)}</tr>`;
}

/** What would have been in the recipients' inboxes, for people. Without scripts; the list reloads itself. */
import type { SentMail } from './send.ts';

const STYLE = `
:root{color-scheme:light dark;--line:#dde3ea;--paper:#fff;--ground:#f6f8fc;--ink:#1f1f1f;--soft:#5f6368}
@media(prefers-color-scheme:dark){:root{--line:#333;--paper:#131314;--ground:#1e1f20;--ink:#e3e3e3;--soft:#a5abb1}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
header{padding:20px 28px}h1{font-size:1.4rem;font-weight:400;margin:0}p{margin:.2em 0;color:var(--soft)}a{color:inherit}
.box{margin:0 16px 24px;background:var(--paper);border-radius:16px;overflow:auto}table{border-collapse:collapse;width:100%}
td,th{padding:9px 14px;border-bottom:1px solid var(--line);text-align:left}th{color:var(--soft);font-weight:500;font-size:.8rem}
.empty{padding:48px;text-align:center}iframe{display:block;width:100%;height:34rem;border:0;background:#fff}pre{margin:0;padding:20px;white-space:pre-wrap}
dl{margin:0;padding:20px;display:grid;grid-template-columns:max-content 1fr;gap:4px 16px}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}`;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const quote = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');

const document = (title: string, head: string, content: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${head}<title>${quote(title)}</title><style>${STYLE}</style></head><body>${content}</body></html>`;

export function listPage(mails: readonly SentMail[]): string {
  const row = (mail: SentMail, i: number) =>
    `<tr><td>${new Date(mail.at).toISOString().slice(11, 19)}</td><td>${quote(mail.to)}</td><td><a href="/${i}">${quote(mail.subject)}</a></td></tr>`;
  const rows = mails.map(row).reverse().join('');
  const table = `<table><thead><tr><th>Sent (UTC)</th><th>To</th><th>Subject</th></tr></thead><tbody>${rows}</tbody></table>`;
  return document(
    `Mailjet (stand-in): ${mails.length} notices`,
    '<meta http-equiv="refresh" content="2">',
    `<header><h1>Mailjet, as the stand-in sees it</h1><p>${mails.length} notices have been sent</p></header>
<div class="box">${rows ? table : '<p class="empty">Nothing has been sent yet.</p>'}</div>`,
  );
}

/** The HTML part in a sandbox: whatever it holds can do nothing but open its links. */
export function mailPage(mail: SentMail): string {
  const facts = { From: mail.from, To: mail.to, ...mail.headers };
  const list = Object.entries(facts).map(
    ([name, value]) => `<dt>${quote(name)}</dt><dd>${quote(value)}</dd>`,
  );
  return document(
    mail.subject,
    '',
    `<header><p><a href="/">All notices</a></p><h1>${quote(mail.subject)}</h1></header>
<div class="box"><dl>${list.join('')}</dl></div>
<div class="box"><iframe title="HTML part" sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="${quote(`<base target="_blank">${mail.html}`)}"></iframe></div>
<div class="box"><pre>${quote(mail.text)}</pre></div>`,
  );
}

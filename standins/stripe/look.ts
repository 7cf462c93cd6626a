/** How the stand-in's pages look. Without scripts. */
import { escapeHtml } from '../google/answer.ts';
import type { State } from './state.ts';

const STYLE = `
:root{color-scheme:light dark;--line:#d8dee6;--accent:#533afd;--on:#fff;--paper:#fff;--ground:#f6f8fa;--ink:#1a2333;--soft:#596171;--bad:#b3093c}
@media(prefers-color-scheme:dark){:root{--line:#3a4152;--accent:#a29bff;--on:#14121f;--paper:#161922;--ground:#0f1117;--ink:#e8eaf0;--soft:#a3acba;--bad:#ff8aa5}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:640px;margin:0 auto;padding:32px 20px}main.wide{max-width:1000px}h1{font-size:1.4rem;font-weight:600;margin:.2em 0}h2{font-size:1.05rem;margin:1.4em 0 .4em}
p{color:var(--soft);margin:.3em 0 1em}.box{background:var(--paper);border:1px solid var(--line);border-radius:12px;padding:20px;margin:16px 0}
fieldset{border:1px solid var(--line);border-radius:10px;margin:0 0 16px;padding:6px 14px}legend{padding:0 6px;color:var(--soft);font-size:.875rem}
label{display:flex;gap:10px;align-items:center;padding:8px 0}input{width:18px;height:18px;accent-color:var(--accent)}
button{font:inherit;font-weight:500;padding:8px 16px;border-radius:8px;border:1px solid var(--line);background:none;color:inherit;cursor:pointer;margin:3px 6px 3px 0}
button.main{background:var(--accent);border-color:var(--accent);color:var(--on)}.bad{color:var(--bad)}form{display:inline}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:6px 8px;border-bottom:1px solid var(--line);font-size:.9rem}th{color:var(--soft);font-weight:500}a{color:var(--accent)}.note{font-size:.8125rem}`;

export const page = (title: string, body: string, wide = false): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
  `<title>${escapeHtml(title)}</title><style>${STYLE}</style><main${wide ? ' class="wide"' : ''}>` +
  `<p class="note">A stand-in for Stripe on this machine. No money moves and no card is asked for.</p>${body}</main></html>`;

export const money = ({ settings }: State, cents: number): string =>
  new Intl.NumberFormat('en', { style: 'currency', currency: settings.currency }).format(cents / 100);

export const day = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);

export const button = (action: string, name: string, value: string, label: string, main = false): string =>
  `<form method="post" action="${escapeHtml(action)}"><button${main ? ' class="main"' : ''} name="${name}" value="${escapeHtml(value)}">${escapeHtml(label)}</button></form>`;

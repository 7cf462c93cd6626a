/** What people see when they are asked for consent. */
import { escapeHtml } from './answer.ts';
import type { Account } from './state.ts';

const EXPLAINED: ReadonlyMap<string, string> = new Map([
  ['https://www.googleapis.com/auth/gmail.insert', 'Add emails into your Gmail mailbox'],
  ['https://www.googleapis.com/auth/gmail.labels', 'See and edit your email labels'],
]);

const STYLE = `
:root{color-scheme:light dark;--line:#c4c7c5;--accent:#0b57d0;--paper:#fff;--ground:#f0f4f9;--ink:#1f1f1f;--soft:#444746}
@media(prefers-color-scheme:dark){:root{--line:#444746;--accent:#a8c7fa;--paper:#0e0e0e;--ground:#1e1f20;--ink:#e3e3e3;--soft:#c4c7c5}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{background:var(--paper);border-radius:28px;padding:36px;width:min(100vw,520px)}
h1{font-size:1.75rem;font-weight:400;line-height:1.25;margin:12px 0 4px}p{color:var(--soft);margin:.3em 0 1em}
fieldset{border:1px solid var(--line);border-radius:14px;margin:0 0 16px;padding:6px 16px}legend{padding:0 6px;color:var(--soft);font-size:.875rem}
label{display:flex;gap:12px;align-items:center;padding:9px 0}input[type=email]{flex:1;min-width:0;padding:8px 10px;border:1px solid var(--line);border-radius:8px;background:none;color:inherit;font:inherit}
input[type=radio],input[type=checkbox]{width:18px;height:18px;accent-color:var(--accent)}
.buttons{display:flex;justify-content:flex-end;gap:10px;margin-top:24px}button{font:inherit;font-weight:500;padding:9px 24px;border-radius:20px;border:1px solid var(--line);background:none;color:var(--accent);cursor:pointer}
button[value=allow]{background:var(--accent);color:var(--paper);border-color:var(--accent)}.note{font-size:.8125rem;margin-bottom:0}`;

const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
  `<title>${escapeHtml(title)}</title><link rel="icon" href="data:,"><style>${STYLE}</style><main>${body}</main></html>`;

export const refusalPage = (reason: string): string =>
  page('Access blocked', `<h1>Access blocked</h1><p>Error 400: ${escapeHtml(reason)}</p>`);

export function consentPage(
  asked: URLSearchParams,
  scopes: readonly string[],
  accounts: readonly Account[],
): string {
  const hidden = [...asked].map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  const hinted = accounts.findIndex(({ email }) => email === asked.get('login_hint'));
  const choices = accounts.map(
    ({ email }, index) =>
      `<label><input type="radio" name="account" value="${escapeHtml(email)}"${index === Math.max(0, hinted) ? ' checked' : ''}>${escapeHtml(email)}</label>`,
  );
  const boxes = scopes.flatMap((scope) => {
    const text = EXPLAINED.get(scope);
    return text === undefined
      ? []
      : [
          `<label><input type="checkbox" name="granted" value="${escapeHtml(scope)}" checked>${escapeHtml(text)}</label>`,
        ];
  });
  const client = escapeHtml(new URL(asked.get('redirect_uri') ?? '').host);
  return page(
    'Sign in',
    `<p>A stand-in for Google on this machine</p><h1>Choose an account</h1><p>to continue to <b>${client}</b></p>
<form method="post">${hidden.join('')}
<fieldset><legend>Account</legend>${choices.join('')}
<label><span>Another</span><input type="email" name="other" placeholder="you@example.com" aria-label="Another e-mail address"></label></fieldset>
${boxes.length > 0 ? `<fieldset><legend>Select what it can access</legend>${boxes.join('')}</fieldset>` : ''}
<div class="buttons"><button name="decision" value="deny">Deny</button><button name="decision" value="allow">Allow</button></div>
<p class="note">Nothing here reaches the real Google. No password is asked for.</p></form>`,
  );
}

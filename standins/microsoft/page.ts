/** The stand-in's page for signing in: accounts to choose, and the ways in which Microsoft ends a sign-in. */

const STYLE = `
:root{color-scheme:light dark;--line:#c8c6c4;--accent:#0067b8;--paper:#fff;--ground:#f2f2f2;--ink:#1b1b1b;--soft:#605e5c}
@media(prefers-color-scheme:dark){:root{--line:#484644;--accent:#6cb8f6;--paper:#1b1a19;--ground:#000;--ink:#f3f2f1;--soft:#c8c6c4}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{background:var(--paper);padding:36px;width:min(100vw,480px)}h1{font-size:1.5rem;font-weight:600;margin:8px 0}p{color:var(--soft);margin:.3em 0 1em}
label{display:flex;gap:12px;align-items:center;padding:8px 0}input[type=email]{flex:1;min-width:0;padding:8px;border:1px solid var(--line);background:none;color:inherit;font:inherit}
input[type=radio]{width:18px;height:18px;accent-color:var(--accent)}.buttons{display:flex;flex-wrap:wrap;justify-content:flex-end;gap:8px;margin-top:20px}
button{font:inherit;padding:8px 18px;border:1px solid var(--line);background:none;color:inherit;cursor:pointer}button[value=accept]{background:var(--accent);color:var(--paper);border-color:var(--accent)}`;

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
  `<title>${escapeHtml(title)}</title><link rel="icon" href="data:,"><style>${STYLE}</style><main>${body}</main></html>`;

export const errorPage = (reason: string): string =>
  page('Sorry', `<h1>Sorry, but we’re having trouble signing you in</h1><p>${escapeHtml(reason)}</p>`);

/** `asked`: the parameters of the request, which the form posts back. */
export function consentPage(asked: URLSearchParams, accounts: readonly string[]): string {
  const hint = asked.get('login_hint') ?? '';
  const known = accounts.includes(hint);
  const hidden = [...asked].map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  const choices = accounts.map(
    (email, index) =>
      `<label><input type="radio" name="account" value="${escapeHtml(email)}"${(known ? email === hint : index === 0) ? ' checked' : ''}>${escapeHtml(email)}</label>`,
  );
  const access = (asked.get('scope') ?? '').includes('/POP.') ? 'POP' : 'IMAP';
  return page(
    'Sign in to your account',
    `<p>A stand-in for Microsoft on this machine</p><h1>Pick an account</h1>
<form method="post">${hidden.join('')}${choices.join('')}
<label><span>Another</span><input type="email" name="other" aria-label="Another e-mail address"></label>
<p>The app wants to: read and write your mail by ${access}, and keep that access.</p>
<div class="buttons"><button name="decision" value="cancel">Cancel</button><button name="decision" value="admin">Need admin approval</button><button name="decision" value="accept">Accept</button></div></form>
<p>Nothing here reaches the real Microsoft. No password is asked for.</p>`,
  );
}

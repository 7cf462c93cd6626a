/** `/`: what the service does, or the viewer's mailboxes. */
import type { Account, Mailbox } from '../api.ts';
import { type Html, html } from '../html.ts';
import { layout } from './layout.ts';

export const welcomePage = (): string =>
  layout(
    'Your old mailbox, in your Gmail',
    null,
    html`<p>Connect a POP3 or IMAP mailbox. Its mail is passed on to your Gmail, each message once, byte for byte,
and is not kept here: all that stays is one line of metadata per message, which you can read and delete.</p>
<p>From Google we ask for one permission: to add mail. It does not let us read your Gmail.</p>
<p><a class="button" href="/auth/google">Continue with Google</a></p>`,
  );

export const homePage = (account: Account, mailboxes: readonly Mailbox[]): string =>
  layout(
    'Mailboxes',
    account,
    html`${
      account.grant.state !== 'given' &&
      html`<p class="warning">${account.grant.fault?.message ?? 'There is no consent from Google, so no mail is passed on.'}
<a href="/auth/google">Continue with Google</a></p>`
    }
${
  mailboxes.length === 0
    ? html`<p>No mailbox is connected yet.</p>`
    : html`<ul class="cards">${mailboxes.map(card)}</ul>`
}
<p><a class="button" href="/connect">Connect a mailbox</a></p>
<h2>Account</h2>
<p><a href="/api/v1/account/export">Download everything that is stored</a></p>
<details><summary>Delete the account</summary>
<p>Deletes all mailboxes and the audit log here and takes back the consent at Google. Mail that is in your
Gmail stays there, and nothing changes at your mail servers.</p>
<form method="post" action="/account/delete"><button class="danger">Delete everything</button></form></details>`,
  );

const STATES: Readonly<Record<Mailbox['state'], string>> = {
  probing: 'Trying to log in',
  active: 'Active',
  paused: 'Paused',
  'needs-password': 'Needs its password',
  'needs-consent': 'Needs your consent at Google',
  unreachable: 'Cannot be reached; tried again later',
  suspended: 'Suspended',
};

const card = (mailbox: Mailbox): Html => html`<li class="card" data-mailbox="${mailbox.id}">
<h2>${mailbox.username}</h2>
<p class="muted">${mailbox.protocol.toUpperCase()} · ${mailbox.host}:${mailbox.port}</p>
<p><strong data-state>${STATES[mailbox.state]}</strong> <span class="fault" data-fault>${mailbox.fault?.message ?? ''}</span></p>
<progress data-bar max="${Math.max(mailbox.progress.found, 1)}" value="${mailbox.progress.found - mailbox.progress.waiting}"
 aria-label="Messages settled"></progress>
<dl>${PROGRESS.map(
  ([field, label]) =>
    html`<div><dt>${label}</dt><dd data-count="${field}">${mailbox.progress[field]}</dd></div>`,
)}</dl>
<div class="actions">
${action(mailbox, 'sync', 'Sync now')}
${mailbox.state === 'paused' ? action(mailbox, 'resume', 'Resume') : action(mailbox, 'pause', 'Pause')}
${mailbox.progress.failed + mailbox.progress.uncertain > 0 && action(mailbox, 'retry', 'Retry failed')}
<a href="/audit?mailbox=${mailbox.id}">Audit</a>
</div>
<details><summary>New password</summary>
<form method="post" action="/mailboxes/${mailbox.id}/password">
<label>Password <input type="password" name="password" required maxlength="512" autocomplete="off"></label>
<button>Save and try</button></form></details>
<details><summary>Delete</summary>
<p>Stops at once and deletes what is stored here about this mailbox.</p>
${action(mailbox, 'delete', 'Delete mailbox', 'danger')}</details>
</li>`;

const PROGRESS = [
  ['found', 'Found'],
  ['delivered', 'Delivered'],
  ['waiting', 'Waiting'],
  ['rejected', 'Rejected'],
  ['failed', 'Failed'],
  ['uncertain', 'Uncertain'],
] as const;

const action = (mailbox: Mailbox, name: string, text: string, kind = ''): Html =>
  html`<form method="post" action="/mailboxes/${mailbox.id}/${name}"><button class="${kind}">${text}</button></form>`;

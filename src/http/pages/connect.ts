/** `/connect`: the form for a new mailbox. A refused form comes back filled in, but for the password. */
import { html } from '../html.ts';
import { layout, type Viewer } from './layout.ts';

export interface ConnectForm {
  readonly protocol?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly security?: string | undefined;
  readonly username?: string | undefined;
  readonly history?: string | undefined;
  readonly since?: string | undefined;
}

export function connectPage(viewer: Viewer, form: ConnectForm = {}, refusal: string | null = null): string {
  const option = (name: keyof ConnectForm, value: string, text: string) =>
    form[name] === value
      ? html`<option value="${value}" selected>${text}</option>`
      : html`<option value="${value}">${text}</option>`;
  return layout(
    'Connect a mailbox',
    viewer,
    html`${refusal !== null && html`<p class="warning" role="alert">${refusal}</p>`}
<form class="sheet" method="post" action="/connect">
<label>Protocol <select name="protocol">${option('protocol', 'imap', 'IMAP')}${option('protocol', 'pop3', 'POP3')}</select></label>
<label>Mail server <input name="host" required value="${form.host ?? ''}" autocapitalize="off" spellcheck="false"></label>
<label>Port <input name="port" required inputmode="numeric" value="${form.port ?? '993'}">
<small>Usually 993 for IMAP and 995 for POP3</small></label>
<label>Encryption <select name="security">${option('security', 'tls', 'TLS')}${option('security', 'starttls', 'STARTTLS')}</select></label>
<label>User name <input name="username" required maxlength="512" value="${form.username ?? ''}" autocapitalize="off"
 autocomplete="off" spellcheck="false"></label>
<label>Password <input type="password" name="password" required maxlength="512" autocomplete="off">
<small>Sealed on arrival: only the sync workers can open it. If your provider has app passwords, use one.</small></label>
<label>Mail to pass on <select name="history">${option('history', 'new', 'Only new mail')}${option('history', 'all', 'All mail')}${option('history', 'since', 'Mail since a date')}</select></label>
<label>Since <input type="date" name="since" value="${form.since ?? ''}"></label>
<button>Connect</button>
</form>`,
  );
}

/** What remains to be said once an account is deleted. For everybody: it knows of nobody. */
import { html } from '../html.ts';
import type { Frame } from './frame.ts';
import { link } from './look.ts';
import { noticePage } from './notice.ts';

/** `revoked`: whether Google had confirmed the end of the consent by then. */
export const goodbyePage = (frame: Frame, revoked: boolean): string =>
  noticePage(
    { ...frame, hasSession: false },
    {
      title: 'Your account is deleted',
      text: [
        'Everything that was stored here about you has been wiped. Mail that was delivered is in your Gmail; mail at your providers is still there.',
        revoked
          ? 'Google has confirmed that the consent is revoked.'
          : html`Google has not confirmed yet that the consent is revoked; it is asked again until it does. You can check that in ${link('https://myaccount.google.com/connections', 'Google’s list of connected apps')}.`,
      ],
      links: [{ href: '/', text: 'To the start' }],
    },
  );

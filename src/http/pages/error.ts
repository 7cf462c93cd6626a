/** A request that could not be served, for people; src/http/errors.ts has the codes and statuses. */
import type { Frame } from './frame.ts';
import { type Notice, noticePage } from './notice.ts';

interface Failure {
  readonly code: string;
  readonly status: number;
  /** One sentence; never holds a value from outside. */
  readonly message: string;
}

const HOME = { href: '/', text: 'Back to the start' } as const;
const AGAIN = { href: '', text: 'Try again' } as const;

type Words = Pick<Notice, 'title' | 'text'> & { readonly links?: Notice['links'] };

const WORDS: Readonly<Record<string, Words>> = {
  'not-found': {
    title: 'There is no page here',
    text: ['The address is mistyped or out of date, or what was here has been deleted.'],
  },
  'method-not-allowed': {
    title: 'That is not how this page is used',
    text: ['The address exists, but it does not take that kind of request. Go there by a link on our pages.'],
  },
  'origin-refused': {
    title: 'That came from somewhere else',
    text: [
      'The form was not sent from one of our pages, or your browser did not say where it came from. To protect you, nothing was done.',
      'Open the page anew and try again.',
    ],
  },
  'rate-limited': {
    title: 'A little slower, please',
    text: [
      'Too many requests came from your address within a minute. Nothing is lost; wait a minute and try again.',
    ],
    links: [AGAIN, HOME],
  },
  'database-unavailable': {
    title: 'Down for a moment',
    text: [
      'The database cannot be reached, so nothing can be shown or changed just now. Your settings are safe, and no mail is lost: it stays where it is until the service is back.',
      'Try again in a minute or two.',
    ],
    links: [AGAIN, HOME],
  },
  'google-unavailable': {
    title: 'Google cannot be reached',
    text: ['Google’s sign-in has a temporary problem. Try again in a minute or two.'],
    links: [AGAIN, HOME],
  },
  internal: {
    title: 'That went wrong on our side',
    text: [
      'The error has been noted, without any of your data. Whether what you did took effect is uncertain: look before you repeat it.',
    ],
    links: [AGAIN, HOME],
  },
};

export function errorPage(frame: Frame, { code, status, message }: Failure): string {
  const words: Words = WORDS[code] ?? { title: 'That did not work', text: [message] };
  return noticePage(frame, { links: [HOME], ...words, label: `Error ${status}` });
}

/** What a provider asks of its users before a program may log in; longer than the API's one sentence. */
import type { HintCode } from '../../src/http/api.ts';

export interface HintText {
  readonly title: string;
  readonly sentences: readonly string[];
  /** The text of the link to the provider's own page. */
  readonly link: string;
  readonly tone: 'waiting' | 'rejected';
}

const HINT_TEXTS: Readonly<Record<HintCode, HintText>> = {
  'already-gmail': {
    title: 'This mailbox is at Google already',
    sentences: [
      'Google does not let other programs log in with your account’s password. Switch on 2-Step Verification and make an app password.',
      'If it is the same Gmail account that the mail shall go to, there is nothing to connect.',
    ],
    link: 'Google’s page on app passwords',
    tone: 'rejected',
  },
  'oauth-only': {
    title: 'Password login is gone at Microsoft',
    sentences: [
      'Outlook.com, Hotmail and Microsoft 365 no longer let any other program log in with a password, not even with an app password.',
      'This installation does not offer Microsoft’s sign-in; whoever runs it can set it up. Until then, a forwarding rule in Outlook’s settings brings new mail to your Gmail address.',
    ],
    link: 'Microsoft’s page about it',
    tone: 'rejected',
  },
  'app-password': {
    title: 'You need an app password',
    sentences: [
      'The password of the website is refused here. Make one for other programs in your provider’s settings, and enter that below.',
      'You can withdraw it there at any time without changing your own.',
    ],
    link: 'How to make one',
    tone: 'waiting',
  },
  'access-off': {
    title: 'Allow access first',
    sentences: [
      'This provider lets other programs in only after you have allowed it in its settings. Until then it refuses even the right password.',
    ],
    link: 'How to allow it',
    tone: 'waiting',
  },
  'bridge-needed': {
    title: 'Encrypted beyond our reach',
    sentences: [
      'This provider’s mail is encrypted and can be read only through its own bridge, which runs on your computer and cannot be reached from here.',
      'Its paid plans can forward new mail to your Gmail address.',
    ],
    link: 'The provider’s page about it',
    tone: 'rejected',
  },
  'no-access': {
    title: 'No way in for other programs',
    sentences: ['This provider offers neither IMAP nor POP3, so its mail cannot be fetched.'],
    link: 'The provider’s page about it',
    tone: 'rejected',
  },
  'user-name': {
    title: 'Check the user name',
    sentences: ['This provider may know you by another user name than the one shown here.'],
    link: 'The provider’s page about it',
    tone: 'waiting',
  },
  guessed: {
    title: 'These servers are guesses',
    sentences: [
      'Nothing is published about this address. The names below are the usual ones; the test shows whether they are right.',
    ],
    link: 'More about it',
    tone: 'waiting',
  },
  'nothing-found': {
    title: 'No server found',
    sentences: [
      'Nothing is published about this address. Your provider’s help pages name the server for IMAP or POP3.',
    ],
    link: 'More about it',
    tone: 'waiting',
  },
  unfinished: {
    title: 'The search took too long',
    sentences: ['Go back and try again, or enter the server yourself.'],
    link: 'More about it',
    tone: 'waiting',
  },
};

/** Hints newer than this page say what the API says. */
export const hintText = (code: string, message: string): HintText =>
  Object.hasOwn(HINT_TEXTS, code)
    ? HINT_TEXTS[code as HintCode]
    : { title: message, sentences: [], link: 'More about it', tone: 'waiting' };

/** What the setting is called at the provider, in its own language. */
export const settingText = (setting: string): string => `The setting is called “${setting}”.`;

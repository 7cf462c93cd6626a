/** Texts about signing in at a mailbox's provider. */
import type { Mailbox } from '../../src/http/api.ts';

const NAMES: Readonly<Record<string, string>> = { microsoft: 'Microsoft' };

/** What its users call the provider; one newer than this page is not called by name. */
export const providerName = (id: string | undefined): string =>
  id !== undefined && Object.hasOwn(NAMES, id) ? (NAMES[id] ?? '') : 'the provider';

/** Leaves the app for the provider's own page, by way of ours. */
export const signInPath = ({ id }: Pick<Mailbox, 'id'>): string => `/auth/source/start?mailbox=${id}`;

export const signIn = {
  name: (provider: string) => `Sign in at ${provider}`,
  again: (provider: string) => `Sign in at ${provider} again`,
  go: (provider: string) => `Continue with ${provider}`,
  going: (provider: string) => `On the way to ${provider}…`,
  intro: (provider: string) =>
    `${provider} takes no passwords from other programs. You sign in on its own page and agree there that this service may fetch the mail. No password is entered here.`,
  back: 'Then you come back here, and the connection is tested.',
  missing: (provider: string) =>
    `You have not signed in at ${provider} yet, or did not agree there. Nothing was stored.`,
  signedInAs: (username: string) => `Signed in as ${username}`,
  otherAccount: (typed: string) =>
    `You had typed ${typed}. It is the account that you signed in with whose mail is fetched.`,
  state: 'Needs your sign-in',
  setting: 'Login',
  settingText: (provider: string) => `By signing in at ${provider}`,
  fixed: (provider: string) =>
    `Server, user name and login are ${provider}’s to say. To sign in anew, use “Sign in at ${provider} again”.`,
} as const;

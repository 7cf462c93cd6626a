/** Faults of a mailbox whose owner signs in at its provider: there is no password to enter, and no server to correct. */
import type { Mailbox } from '../../src/http/api.ts';
import { type FaultText, text } from './fault-text.ts';
import { faultText } from './faults.ts';
import { LOGIN_FAULTS } from './source-faults.ts';

const OWN: Readonly<Record<string, FaultText>> = {
  'login-refused': LOGIN_FAULTS['source-token-refused'],
  'login-disabled': LOGIN_FAULTS['source-token-refused'],
  'credentials-invalid': LOGIN_FAULTS['source-token-refused'],
  'seal-broken': text(
    'sign-in',
    'The stored sign-in cannot be opened',
    'What is stored here in encrypted form no longer fits its key.',
    'Sign in at the provider again, with the same account.',
  ),
  'no-uidl': text(
    'none',
    LOGIN_FAULTS['no-uidl'].title,
    LOGIN_FAULTS['no-uidl'].happened,
    'Connect the mailbox anew by IMAP.',
  ),
  // Folders are their owner's choice, whoever's the server is.
  'folder-missing': faultText('folder-missing'),
};

/** The words for a code on this mailbox. */
export function mailboxFaultText(code: string, { auth }: Pick<Mailbox, 'auth'>): FaultText {
  const words = faultText(code);
  if (auth !== 'oauth') return words;
  if (Object.hasOwn(OWN, code)) return OWN[code] ?? words;
  if (words.action !== 'server') return words;
  return {
    ...words,
    action: 'retry',
    next: 'Server, port and encryption are the provider’s to say, so there is nothing to correct here. Try again later. If it stays, tell the operator of this service.',
  };
}

/** What can go wrong between here and the mail server. */
import { text } from './fault-text.ts';

export const CONNECTION_FAULTS = {
  'source-timeout': text(
    'wait',
    'The mail server is too slow',
    'The server took the connection and then did not answer in time.',
    'It is tried again on its own. If it lasts, ask your provider whether there is a problem.',
  ),
  'source-disconnected': text(
    'wait',
    'The mail server hung up',
    'The server closed the connection in the middle of our talk.',
    'It is tried again on its own. Some providers do this when too many programs are logged in at once.',
  ),
  'source-protocol': text(
    'server',
    'The server does not speak this protocol',
    'Something answered that is not what IMAP or POP3 prescribe. Often the port belongs to another service.',
    'Check protocol, port and kind of encryption. The usual ports are 993 for IMAP and 995 for POP3.',
  ),
  'source-busy': text(
    'wait',
    'Another program is using the mailbox',
    'The server lets only one program in at a time, and one is in now.',
    'It is tried again on its own. If it lasts, close the other mail program or make it check less often.',
  ),
  'source-throttled': text(
    'wait',
    'The server asks us to slow down',
    'Your provider limits how often a mailbox may be looked at.',
    'It is tried again later on its own. A longer check interval prevents it.',
  ),
  'source-sign-in-unavailable': text(
    'wait',
    'The provider’s sign-in has a problem',
    'Before each visit the provider is asked for a fresh key to the mailbox, and it could not answer.',
    'It is tried again on its own. There is nothing wrong with your settings.',
  ),
  'source-unavailable': text(
    'wait',
    'The mail server has a problem',
    'The server answers, and says that it cannot work at the moment.',
    'It is tried again on its own. There is nothing wrong with your settings.',
  ),
} as const;

export const LOGIN_FAULTS = {
  'login-refused': text(
    'password',
    'User name or password refused',
    'The server was reached over an encrypted connection, and did not accept this user name with this password.',
    'Enter the password again. Many providers want an app password made in their settings, and some a different user name.',
  ),
  'login-disabled': text(
    'server',
    'No login with a password',
    'The server offers no way for a program to log in with a password.',
    'Some providers let you switch this on in their settings. Where it is gone for good, use another protocol or address.',
  ),
  'credentials-invalid': text(
    'password',
    'A character that cannot be sent',
    'User name or password holds a control character, such as a line break.',
    'Enter the password again by hand, rather than pasting it.',
  ),
  'source-consent-missing': text(
    'sign-in',
    'Your sign-in at the provider is missing',
    'This provider wants you to sign in on its own page, and that has not happened yet. No password is entered here.',
    'Sign in there and agree, and you come back here.',
  ),
  'source-consent-gone': text(
    'sign-in',
    'The provider wants you to sign in again',
    'It no longer honours your earlier sign-in: you have changed your password or taken the access back there, your administrator has, or it was not used for long. What we held of it is destroyed.',
    'Sign in there again, with the same account. Mail waits at the provider meanwhile; nothing is lost.',
  ),
  'source-token-refused': text(
    'sign-in',
    'Signed in, but the mail server does not let us in',
    'The provider honours your sign-in, and its mail server still refuses this account. Often IMAP or POP is switched off for it, or the account has no mailbox.',
    'Switch IMAP or POP on in the provider’s mail settings, or ask your administrator to. Then test again, or sign in again.',
  ),
  'source-sign-in-missing': text(
    'wait',
    'This sign-in is not offered here any more',
    'Whoever runs this installation has taken the provider’s sign-in out of its settings.',
    'Ask the operator of this service. The mailbox goes on by itself when it is back.',
  ),
  'source-host-foreign': text(
    'none',
    'Not a server of the provider',
    'A sign-in at a provider is shown to that provider’s own mail servers only, and this is none of them.',
    'Connect the mailbox anew.',
  ),
  'no-uidl': text(
    'server',
    'This POP3 server cannot tell messages apart',
    'It gives messages no lasting ids, so they cannot be moved exactly once.',
    'Use IMAP, if your provider has it.',
  ),
} as const;

export const SERVER_FAULTS = {
  'host-unknown': text(
    'server',
    'No server of this name',
    'The name does not lead to any address on the internet.',
    'Check the spelling. Your provider’s help pages name the right server.',
  ),
  'address-forbidden': text(
    'server',
    'Not a public address',
    'The name leads to an address inside a private network, and such addresses are not contacted from here.',
    'Enter the server’s public name. A server at home must be reachable from the internet.',
  ),
  'port-forbidden': text(
    'server',
    'Not a mail port',
    'Only the mail ports 110, 143, 993 and 995 are contacted.',
    'Use 993 for IMAP or 995 for POP3; with STARTTLS 143 or 110.',
  ),
  'connect-refused': text(
    'server',
    'Nobody answers on this port',
    'The machine exists, and nothing accepts connections on this port.',
    'Check port and kind of encryption. Some providers switch IMAP and POP3 on only when asked.',
  ),
  'connect-timeout': text(
    'server',
    'The server cannot be reached',
    'No connection came about in time. The name may be right and the port closed by a firewall.',
    'Check server and port. If they are right, try again in a few minutes.',
  ),
  'tls-unavailable': text(
    'server',
    'No encryption on offer',
    'The server would take a login only unencrypted. We never send one that way.',
    'Choose TLS with port 993 or 995, if your provider has it.',
  ),
  'tls-failed': text(
    'server',
    'No encrypted connection',
    'The server and we could not agree on encryption. Often the port expects the other kind.',
    'Try the other kind of encryption: TLS belongs to 993 and 995, STARTTLS to 143 and 110.',
  ),
  'certificate-invalid': text(
    'server',
    'The server cannot prove who it is',
    'Its certificate does not belong to this name, has expired, or nobody trustworthy issued it.',
    'Use the server name that your provider publishes. We do not go on without a valid certificate.',
  ),
  'folder-missing': text(
    'server',
    'A chosen folder is gone',
    'A folder that you chose does not exist at your provider any more.',
    'Choose the folders anew.',
  ),
  'setup-unfinished': text(
    'none',
    'Setup is not finished',
    'The server is connected and tested, and nothing is imported yet.',
    'Choose what to import, then it starts.',
  ),
} as const;

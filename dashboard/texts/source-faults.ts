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
    'The server would take your password only unencrypted. We never send it that way.',
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

/** What is checked about a login before any server sees it. */
import { Fault } from '../../src/core/fault.ts';
import type { Credentials } from '../../src/core/mailbox.ts';

/** C0 and DEL: a CR, LF or NUL would end a line of IMAP or POP3, or a field of a SASL message. */
const CONTROL = /[\x00-\x1f\x7f]/;

/**
 * Refuses credentials that could smuggle a command onto the wire. Faults: `credentials-invalid` for control
 * characters, `login-refused` for an empty name or password, which no server needs to be asked about.
 */
export function checkCredentials(credentials: Credentials): void {
  const { username, password, accessToken } = credentials;
  const secret = accessToken ?? password;
  if (CONTROL.test(username) || CONTROL.test(secret)) throw new Fault('credentials-invalid');
  if (username === '' || secret === '') throw new Fault('login-refused');
}

/** How the IMAP library wants them. With an access token it uses OAUTHBEARER or XOAUTH2, as the server offers, and nothing else. */
export const imapLogin = ({ username, password, accessToken }: Credentials) =>
  accessToken === undefined ? { user: username, pass: password } : { user: username, accessToken };

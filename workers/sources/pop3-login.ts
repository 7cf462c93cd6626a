/** The ways into a POP3 mailbox. All of them are used over TLS only. */
import { createHash } from 'node:crypto';
import { Fault } from '../../src/core/fault.ts';
import type { Credentials } from '../../src/core/mailbox.ts';
import type { Pop3Channel } from './pop3-channel.ts';
import { faultOfLogin } from './pop3-fault.ts';

/** Capability names in upper case and their arguments (RFC 2449 §5); null: the server does not know CAPA. */
export type Capabilities = ReadonlyMap<string, readonly string[]> | null;

export interface Offer {
  /** The greeting's text; an APOP server's holds a timestamp (RFC 1939 §7). */
  readonly greeting: string;
  readonly capabilities: Capabilities;
}

/** Faults: `login-refused`, `login-disabled`, `source-busy`, `source-throttled`, `source-unavailable`; session Faults. */
export const logIn = (
  channel: Pop3Channel,
  { username, password, accessToken }: Credentials,
  offer: Offer,
  signal: AbortSignal,
): Promise<void> =>
  accessToken === undefined
    ? logInByPassword(channel, username, password, offer, signal)
    : logInByXoauth2(channel, username, accessToken, offer, signal);

type LogIn = (
  channel: Pop3Channel,
  username: string,
  secret: string,
  offer: Offer,
  signal: AbortSignal,
) => Promise<void>;

/**
 * SASL PLAIN where offered, else USER and PASS, which a server without CAPA is taken to know. APOP only when
 * there is nothing else: it needs MD5 and makes the server keep the password readable.
 */
const logInByPassword: LogIn = async (channel, username, password, { greeting, capabilities }, signal) => {
  if (capabilities?.get('SASL')?.includes('PLAIN')) {
    // RFC 4616: authorization identity (empty), authentication identity, password.
    await authenticate(channel, 'PLAIN', `\0${username}\0${password}`, signal);
  } else if (capabilities === null || capabilities.has('USER')) {
    await demand(channel, `USER ${username}`, signal);
    await demand(channel, `PASS ${password}`, signal);
  } else {
    const timestamp = /<[^<>\s]{1,256}@[^<>\s]{0,256}>/.exec(greeting)?.[0];
    if (timestamp === undefined) throw new Fault('login-disabled');
    const digest = createHash('md5').update(timestamp, 'latin1').update(password).digest('hex');
    await demand(channel, `APOP ${username} ${digest}`, signal);
  }
};

/**
 * SASL XOAUTH2, as Google and Microsoft define it. Microsoft asks for the response on a line of its own, whatever its length:
 * https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
 */
const logInByXoauth2: LogIn = async (channel, username, token, { capabilities }, signal) => {
  if (!capabilities?.get('SASL')?.includes('XOAUTH2')) throw new Fault('login-disabled');
  const message = `user=${username}\x01auth=Bearer ${token}\x01\x01`;
  await authenticate(channel, 'XOAUTH2', message, signal, { atOnce: false });
};

async function demand(channel: Pop3Channel, command: string, signal: AbortSignal): Promise<void> {
  channel.send(`${command}\r\n`);
  const { kind, text } = await channel.status(signal);
  if (kind !== 'ok') throw faultOfLogin(text);
}

/** A whole command line may have 255 octets (RFC 5034 §4), longer responses follow on a line of their own. */
const MAX_COMMAND = 255;

async function authenticate(
  channel: Pop3Channel,
  mechanism: string,
  message: string,
  signal: AbortSignal,
  { atOnce = true }: { readonly atOnce?: boolean } = {},
): Promise<void> {
  const response = Buffer.from(message).toString('base64');
  const command = `AUTH ${mechanism} ${response}\r\n`;
  let unsent = !atOnce || command.length > MAX_COMMAND;
  channel.send(unsent ? `AUTH ${mechanism}\r\n` : command);
  for (let turn = 0; turn < 3; turn += 1) {
    const { kind, text } = await channel.status(signal);
    if (kind === 'ok' && !unsent) return;
    if (kind === 'refused') throw faultOfLogin(text);
    if (kind === 'ok') break;
    // A challenge after the response is XOAUTH2's way to explain a refusal, which an empty line brings about.
    channel.send(unsent ? `${response}\r\n` : '\r\n');
    unsent = false;
  }
  throw new Fault('source-protocol');
}

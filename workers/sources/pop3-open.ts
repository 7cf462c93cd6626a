/** The way into a POP3 session: dial, greeting, STLS, CAPA, login (RFC 1939 §4, 2449, 2595, 5034). */
import { Fault, isFault } from '../../src/core/fault.ts';
import type { Credentials, Server } from '../../src/core/mailbox.ts';
import { checkCredentials } from './credentials.ts';
import type { Dial } from './dial.ts';
import { POP3_TIMEOUTS, Pop3Channel, type Pop3Timeouts } from './pop3-channel.ts';
import { Pop3Client } from './pop3-client.ts';
import { faultOfRefusal } from './pop3-fault.ts';
import { type Capabilities, logIn } from './pop3-login.ts';

const MAX_CAPABILITIES = 256;

async function askCapabilities(channel: Pop3Channel, signal: AbortSignal): Promise<Capabilities> {
  channel.send('CAPA\r\n');
  if ((await channel.status(signal)).kind !== 'ok') return null;
  const capabilities = new Map<string, readonly string[]>();
  await channel.lines(MAX_CAPABILITIES, signal, (line) => {
    const [name = '', ...rest] = line.trim().toUpperCase().split(/\s+/);
    capabilities.set(name, rest);
  });
  return capabilities;
}

/** STLS (RFC 2595 §4). What the server said before it may be an attacker's words and is asked for again. */
async function startTls(channel: Pop3Channel, dial: Dial, host: string, signal: AbortSignal): Promise<void> {
  const offered = await askCapabilities(channel, signal);
  if (offered !== null && !offered.has('STLS')) throw new Fault('tls-unavailable');
  channel.send('STLS\r\n');
  if ((await channel.status(signal)).kind !== 'ok') throw new Fault('tls-unavailable');
  await channel.upgrade(dial, host, signal);
}

/**
 * Dials, encrypts and logs in, all within `timeouts.open`. Faults: those of `Dial.connect` and `Dial.upgrade`;
 * `tls-unavailable`, `credentials-invalid`, `login-refused`, `login-disabled`; any session Fault.
 */
export async function openPop3Client(
  server: Server,
  credentials: Credentials,
  dial: Dial,
  signal: AbortSignal,
  timeouts: Pop3Timeouts = POP3_TIMEOUTS,
): Promise<Pop3Client> {
  checkCredentials(credentials);
  const limited = AbortSignal.any([signal, AbortSignal.timeout(timeouts.open)]);
  let channel: Pop3Channel | undefined;
  try {
    channel = new Pop3Channel(await dial.connect(server, limited), timeouts);
    const greeting = await channel.status(limited);
    if (greeting.kind !== 'ok') throw faultOfRefusal(greeting.text, 'source-unavailable');
    if (server.security === 'starttls') await startTls(channel, dial, server.host, limited);
    const before = await askCapabilities(channel, limited);
    await logIn(channel, credentials, { greeting: greeting.text, capabilities: before }, limited);
    // What is offered may differ once logged in (RFC 2449 §5).
    const after = before && (await askCapabilities(channel, limited));
    return new Pop3Client(channel, timeouts, (after ?? before)?.has('PIPELINING') ?? false);
  } catch (error) {
    channel?.destroy();
    signal.throwIfAborted();
    if (limited.aborted && !isFault(error)) throw new Fault('source-timeout', { cause: error });
    throw error;
  }
}

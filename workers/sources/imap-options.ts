/** How the IMAP library is made to connect. */
import type { Credentials, Server } from '../../src/core/mailbox.ts';
import { imapLogin } from './credentials.ts';
import type { Dial } from './dial.ts';
import { LIMITS } from './imap-limits.ts';

/** One checked address. */
export interface Address {
  readonly host: string;
  readonly servername: string | undefined;
}

/** `ms`: until it is connected and greeted. */
export const optionsOf = (
  server: Server,
  credentials: Credentials,
  dial: Dial,
  address: Address,
  ms: number,
) => ({
  host: address.host,
  port: server.port,
  ...(address.servername === undefined ? {} : { servername: address.servername }),
  // Required STARTTLS: the library fails rather than go on in plain, refuses PREAUTH, and discards what was
  // said before the upgrade.
  ...(server.security === 'tls' ? { secure: true } : { secure: false, doSTARTTLS: true }),
  tls: dial.tlsOptions,
  auth: imapLogin(credentials),
  clientInfo: { name: 'smtp-sync', version: '', vendor: '', 'support-url': '' },
  logger: false as const,
  disableAutoIdle: true,
  disableAutoEnable: true,
  disableCompression: true,
  ...LIMITS.quiet,
  // Half of the time to be connected, so that an address that is dead leaves time for the next.
  connectionTimeout: ms / 2,
  greetingTimeout: ms,
  // Every command has its own deadline here, so the library's watchdog must not be the first to bark.
  socketTimeout: 3_600_000,
});

/** Opens a session on a mailbox's server, whichever protocol it speaks. */
import type { OpenSource } from '../../src/core/ports.ts';
import type { Dial } from './dial.ts';
import { openImap } from './imap.ts';
import type { ImapTimeouts } from './imap-deadline.ts';
import { openPop3 } from './pop3.ts';
import type { Pop3Timeouts } from './pop3-channel.ts';

export interface OpenSourceOptions {
  readonly dial: Dial;
  readonly imap?: Partial<ImapTimeouts> | undefined;
  readonly pop3?: Partial<Pop3Timeouts> | undefined;
}

export function createOpenSource({ dial, imap, pop3 }: OpenSourceOptions): OpenSource {
  return (server, credentials, signal) =>
    server.protocol === 'imap'
      ? openImap(server, credentials, dial, signal, imap)
      : openPop3(server, credentials, dial, signal, pop3);
}

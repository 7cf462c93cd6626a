/** Looking around in a mailbox before anything is imported: the steps of the test, the folders, how much there is. */
import type { Disposal, SourceProblem } from './disposal.ts';
import type { FaultCode } from './fault.ts';
import type { FolderUse } from './folder.ts';
import type { Credentials, MailboxOptions, Server } from './mailbox.ts';
import type { History, Source } from './ports.ts';

/** Of a live test, in the order in which they are taken. */
export const PROBE_STEPS = ['resolve', 'connect', 'encrypt', 'login', 'folders'] as const;
export type ProbeStep = (typeof PROBE_STEPS)[number];

export interface SurveyedFolder {
  readonly path: string;
  /** What the server, or else its name, says that it is for (RFC 6154). */
  readonly specialUse: FolderUse | null;
  /** True: choosing all folders leaves it out. */
  readonly aside: boolean;
  /** null: the server did not say, or not in time. */
  readonly messages: number | null;
  readonly bytes: number | null;
}

export interface Survey {
  readonly folders: readonly SurveyedFolder[];
  /** The server tells of new mail by itself (RFC 2177). */
  readonly idle: boolean;
  /** POP3: messages have lasting ids; IMAP's always have. */
  readonly uidl: boolean;
}

export interface Amount {
  readonly messages: number;
  /** As the server claims, or estimated from a sample; null: not told. */
  readonly bytes: number | null;
  /** False: at most this many. */
  readonly exact: boolean;
}

/** A session for looking around; changes nothing at the source. Session and mailbox Faults. */
export interface Surveyor {
  readonly source: Source;
  survey(signal: AbortSignal): Promise<Survey>;
  /** What of the chosen folders the history takes in. `new` takes in nothing that is there. */
  measure(chosen: MailboxOptions['folders'], history: History, signal: AbortSignal): Promise<Amount>;
  /** What the server lacks for it; null: nothing that can be told beforehand. */
  obstacle(disposal: Disposal, signal: AbortSignal): Promise<SourceProblem | null>;
}

/** Opens a session within one deadline; `told` hears of each step when it begins. */
export type OpenSurvey = (
  server: Server,
  credentials: Credentials,
  signal: AbortSignal,
  told?: (step: ProbeStep) => void,
) => Promise<Surveyor>;

const STEP_OF_FAULT: Partial<Record<FaultCode, ProbeStep>> = {
  'host-unknown': 'resolve',
  'address-forbidden': 'resolve',
  'port-forbidden': 'resolve',
  'connect-refused': 'connect',
  'tls-unavailable': 'encrypt',
  'tls-failed': 'encrypt',
  'certificate-invalid': 'encrypt',
  'credentials-invalid': 'login',
  'login-refused': 'login',
  'login-disabled': 'login',
  'seal-broken': 'login',
  'source-consent-missing': 'login',
  'source-consent-gone': 'login',
  'source-token-refused': 'login',
  'source-sign-in-missing': 'login',
  'source-sign-in-unavailable': 'login',
  'source-host-foreign': 'resolve',
  'no-uidl': 'folders',
  'folder-missing': 'folders',
};

/** At which step a fault ends the test that was last seen at `current`. */
export const stepOfFault = (code: FaultCode, current: ProbeStep): ProbeStep => STEP_OF_FAULT[code] ?? current;

/** What a backlog may have of Gmail: imports in a minute, bytes in a day. */
export interface Pace {
  readonly importsPerMinute: number;
  readonly bytesPerDay: number;
}

/** What a message is taken to weigh where nobody tells. */
const TYPICAL_BYTES = 75_000;

/**
 * How long it takes at least, in whole minutes at Gmail's rate, and on how many days its bandwidth spreads it. New mail
 * that comes meanwhile goes first and is not counted.
 */
export function estimate(
  { messages, bytes }: Amount,
  pace: Pace,
): { readonly days: number; readonly minutes: number } {
  const total = bytes ?? messages * TYPICAL_BYTES;
  return {
    days: Math.ceil(total / pace.bytesPerDay),
    minutes: Math.ceil(messages / pace.importsPerMinute),
  };
}

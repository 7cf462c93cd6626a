/**
 * Every fault in plain language: what it is, what happened, what to do next, and what cures it. Shared by the
 * wizard, the mailboxes and the Glass Box.
 */
import type { FaultCode } from '../../src/http/api.ts';
import { type FaultText, text } from './fault-text.ts';
import { GOOGLE_FAULTS, OUR_FAULTS } from './google-faults.ts';
import { MESSAGE_FAULTS } from './message-faults.ts';
import { CONNECTION_FAULTS, LOGIN_FAULTS, SERVER_FAULTS } from './source-faults.ts';

export type { FaultAction, FaultText } from './fault-text.ts';

export const FAULT_TEXTS = {
  ...MESSAGE_FAULTS,
  ...CONNECTION_FAULTS,
  ...LOGIN_FAULTS,
  ...SERVER_FAULTS,
  ...GOOGLE_FAULTS,
  ...OUR_FAULTS,
} as const satisfies Record<FaultCode, FaultText>;

const UNKNOWN = text(
  'retry',
  'Something went wrong',
  'This problem has no description here yet.',
  'Try again. If it stays, tell the operator of this service the code shown below.',
);

/** The words for a code as the API tells it; codes newer than this page get general ones. */
export const faultText = (code: string): FaultText =>
  Object.hasOwn(FAULT_TEXTS, code) ? FAULT_TEXTS[code as FaultCode] : UNKNOWN;

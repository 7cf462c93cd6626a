/**
 * What else people can use, and where each has what, as read or run in November 2026; and the tests that prove that this one
 * has it. docs/peers.md is written from here by `npm run peers`.
 */
import { MAIL_ROWS } from './peers-mail.ts';
import type { PeersRow } from './peers-row.ts';
import { SERVICE_ROWS } from './peers-service.ts';

export const PEERS_TABLE: readonly PeersRow[] = [...MAIL_ROWS, ...SERVICE_ROWS];

/** The calls around browser sessions. */
import { sessionsSchema } from '../contract/sessions.ts';
import type { Operation } from './operation.ts';

export const SESSIONS_OPERATIONS = {
  listSessions: {
    method: 'get',
    path: '/api/v1/sessions',
    scopes: ['account'],
    summary: 'Where the account is signed in, newest first',
    status: 200,
    answer: sessionsSchema,
  },
  endSession: {
    method: 'delete',
    path: '/api/v1/sessions/:id',
    scopes: ['full'],
    summary: 'Sign a browser out',
    status: 204,
  },
  endOtherSessions: {
    method: 'delete',
    path: '/api/v1/sessions',
    scopes: ['full'],
    summary: 'Sign out every browser but the one that asks',
    status: 204,
  },
} as const satisfies Record<string, Operation>;

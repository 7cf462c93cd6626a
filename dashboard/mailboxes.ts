/** The user's mailboxes, kept fresh by events.ts. */
import { useQuery } from '@tanstack/react-query';
import type { Mailbox } from '../src/http/api.ts';
import { get } from './api.ts';

export const MAILBOXES_KEY = ['mailboxes'] as const;

export const useMailboxes = () =>
  useQuery({
    queryKey: MAILBOXES_KEY,
    queryFn: async ({ signal }) => (await get<{ mailboxes: Mailbox[] }>('/mailboxes', {}, signal)).mailboxes,
  });

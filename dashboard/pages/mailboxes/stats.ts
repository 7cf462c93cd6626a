/** A mailbox's figures: delay, pace, backlog. */
import { useQuery } from '@tanstack/react-query';
import type { Mailbox, MailboxStats } from '../../../src/http/api.ts';
import { get } from '../../api.ts';

/** Asked for again while a backlog shrinks, so that the estimate stays true. */
export const useMailboxStats = ({ id, progress }: Mailbox, enabled = true) =>
  useQuery({
    queryKey: ['mailbox-stats', id],
    queryFn: ({ signal }) => get<MailboxStats>(`/mailboxes/${id}/stats`, {}, signal),
    enabled,
    refetchInterval: progress.waiting > 0 ? 10_000 : 60_000,
  });

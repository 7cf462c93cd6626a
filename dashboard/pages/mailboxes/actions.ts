/** What can be done with a mailbox; each answer goes into the cache, each success and failure is said. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Mailbox, PatchMailbox } from '../../../src/http/api.ts';
import { ApiError, patch, post, remove } from '../../api.ts';
import { MAILBOXES_KEY } from '../../mailboxes.ts';
import { mailboxTexts } from '../../texts/mailboxes.ts';
import { useToast } from '../../ui/toast.tsx';

export function useMailboxActions(id: string) {
  const client = useQueryClient();
  const say = useToast();
  const keep = (mailbox: Mailbox) =>
    client.setQueryData<Mailbox[]>(MAILBOXES_KEY, (before) =>
      before?.map((each) => (each.id === id ? mailbox : each)),
    );
  const sayError = (error: Error) => {
    // Its dialog says it already.
    if (!(error instanceof ApiError && error.status === 401)) say(error.message, { failed: true });
  };
  const act = (name: 'sync' | 'pause' | 'resume') => ({
    mutationFn: () => post<Mailbox>(`/mailboxes/${id}/${name}`),
    onSuccess: (mailbox: Mailbox) => {
      keep(mailbox);
      say(mailboxTexts.done[name]);
    },
    onError: sayError,
  });
  return {
    sync: useMutation(act('sync')),
    pause: useMutation(act('pause')),
    resume: useMutation(act('resume')),
    retry: useMutation({
      mutationFn: () => post<{ retried: number }>(`/mailboxes/${id}/retry`, { status: 'failed' }),
      onSuccess: ({ retried }) => say(mailboxTexts.done.retried(retried)),
      onError: sayError,
    }),
    /** Its dialog shows the failure. */
    edit: useMutation({
      mutationFn: (change: PatchMailbox) => patch<Mailbox>(`/mailboxes/${id}`, change),
      onSuccess: (mailbox) => {
        keep(mailbox);
        say(mailbox.state === 'probing' ? mailboxTexts.done.tested : mailboxTexts.done.saved);
      },
    }),
    remove: useMutation({
      mutationFn: () => remove(`/mailboxes/${id}`),
      onSuccess: () => {
        client.setQueryData<Mailbox[]>(MAILBOXES_KEY, (before) => before?.filter((each) => each.id !== id));
        say(mailboxTexts.done.removed);
      },
    }),
  };
}

export type MailboxActions = ReturnType<typeof useMailboxActions>;

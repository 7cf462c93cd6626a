/** What can be done with a mailbox; each answer goes into the cache, each success and failure is said. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
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
    edit: useEdit(id, (mailbox) => {
      keep(mailbox);
      say(mailbox.state === 'probing' ? mailboxTexts.done.tested : mailboxTexts.done.saved);
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

interface Edit {
  readonly isPending: boolean;
  /** Its dialog shows it. */
  readonly error: Error | null;
  readonly reset: () => void;
  readonly save: (change: PatchMailbox, onSuccess: () => void) => Promise<void>;
}

const IDLE = { isPending: false, error: null } as const;

/** Not the query library's mutation: that would keep what was sent, passwords too. */
function useEdit(id: string, saved: (mailbox: Mailbox) => void): Edit {
  const [state, setState] = useState<Pick<Edit, 'isPending' | 'error'>>(IDLE);
  return {
    ...state,
    reset: () => setState(IDLE),
    save: async (change, onSuccess) => {
      setState({ isPending: true, error: null });
      try {
        saved(await patch<Mailbox>(`/mailboxes/${id}`, change));
        setState(IDLE);
        onSuccess();
      } catch (error) {
        setState({ isPending: false, error: error instanceof Error ? error : new Error(String(error)) });
      }
    },
  };
}

export type MailboxActions = ReturnType<typeof useMailboxActions>;

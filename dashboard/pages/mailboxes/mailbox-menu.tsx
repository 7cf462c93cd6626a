/** The actions on a mailbox and the dialogs they open; the list and the mailbox's own page show the same. */
import { type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import type { Mailbox } from '../../../src/http/api.ts';
import { mailboxTexts } from '../../texts/mailboxes.ts';
import { providerName, signIn, signInPath } from '../../texts/sign-in.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import type { MenuItem } from '../../ui/menu.tsx';
import type { MailboxActions } from './actions.ts';
import { EditDialog } from './edit-dialog.tsx';
import { isUnfinished } from './state-badge.tsx';

export function useMailboxMenu(
  mailbox: Mailbox,
  actions: MailboxActions,
): { items: readonly MenuItem[]; dialogs: ReactNode } {
  const [, navigate] = useLocation();
  const [editing, setEditing] = useState(false);
  const [removing, setRemoving] = useState(false);
  const { id, state, progress } = mailbox;
  const texts = mailboxTexts.actions;
  const syncable = state === 'active' || state === 'unreachable';
  const items: (MenuItem | false)[] = isUnfinished(mailbox)
    ? [{ text: texts.finish, onSelect: () => navigate(`/connect/${id}`) }]
    : [
        syncable && { text: texts.sync, onSelect: () => actions.sync.mutate() },
        state === 'paused'
          ? { text: texts.resume, onSelect: () => actions.resume.mutate() }
          : state !== 'suspended' && { text: texts.pause, onSelect: () => actions.pause.mutate() },
        progress.failed > 0 && { text: texts.retryFailed, onSelect: () => actions.retry.mutate() },
        { text: texts.glassBox, onSelect: () => navigate(`/glass-box?mailbox=${id}`) },
        mailbox.auth === 'oauth' &&
          state !== 'suspended' && {
            text: signIn.again(providerName(mailbox.provider)),
            onSelect: () => window.location.assign(signInPath(mailbox)),
          },
        state !== 'suspended' && { text: texts.edit, onSelect: () => setEditing(true) },
      ];
  return {
    items: [
      ...items.filter((item) => item !== false),
      { text: texts.remove, danger: true, onSelect: () => setRemoving(true) },
    ],
    dialogs: (
      <>
        <EditDialog open={editing} onOpenChange={setEditing} mailbox={mailbox} actions={actions} />
        <RemoveDialog open={removing} onOpenChange={setRemoving} mailbox={mailbox} actions={actions} />
      </>
    ),
  };
}

function RemoveDialog({
  open,
  onOpenChange,
  mailbox,
  actions,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  mailbox: Mailbox;
  actions: MailboxActions;
}) {
  const [, navigate] = useLocation();
  const texts = mailboxTexts.remove;
  const word = mailbox.username;
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onOpenChange}
      title={texts.title}
      action={texts.action}
      typed={{ word, label: texts.typed(word) }}
      busy={actions.remove.isPending}
      error={actions.remove.error?.message}
      onConfirm={() => actions.remove.mutate(undefined, { onSuccess: () => navigate('/mailboxes') })}
    >
      <p>{texts.sentence(mailbox.username)}</p>
      <p>{texts.stays}</p>
    </ConfirmDialog>
  );
}

/** Asks for a new password, which is then tested. It leaves this window by one request and is forgotten. */
import { useRef } from 'react';
import { common } from '../../texts/common.ts';
import { mailboxTexts } from '../../texts/mailboxes.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { PasswordField, takePassword } from '../connect/password-field.tsx';
import type { MailboxActions } from './actions.ts';

export function PasswordDialog({
  open,
  onOpenChange,
  actions,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  actions: MailboxActions;
}) {
  const texts = mailboxTexts.password;
  const { edit } = actions;
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        edit.reset();
        onOpenChange(next);
      }}
      title={texts.title}
    >
      <PasswordForm
        error={edit.error?.message}
        busy={edit.isPending}
        onCancel={() => {
          edit.reset();
          onOpenChange(false);
        }}
        onSave={(password) => void edit.save({ password }, () => onOpenChange(false))}
      />
    </Dialog>
  );
}

function PasswordForm({
  error,
  busy,
  onCancel,
  onSave,
}: {
  error: string | undefined;
  busy: boolean;
  onCancel: () => void;
  onSave: (password: string) => void;
}) {
  const field = useRef<HTMLInputElement>(null);
  const texts = mailboxTexts.password;
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && field.current?.value) onSave(takePassword(field));
      }}
    >
      <PasswordField field={field} label={texts.label} hint={texts.hint} error={error ?? null} />
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={onCancel}>{common.cancel}</Button>
        <Button type="submit" look="primary" busy={busy}>
          {texts.save}
        </Button>
      </div>
    </form>
  );
}

/** Asks for a new password, which is then tested. It leaves this window by one request and is forgotten. */
import { useState } from 'react';
import { common } from '../../texts/common.ts';
import { mailboxTexts } from '../../texts/mailboxes.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
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
        onCancel={() => onOpenChange(false)}
        onSave={(password) =>
          edit.mutate(
            { password },
            {
              onSuccess: () => {
                onOpenChange(false);
                // What was sent is not kept among the mutation's variables.
                edit.reset();
              },
            },
          )
        }
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
  const [password, setPassword] = useState('');
  const texts = mailboxTexts.password;
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) onSave(password);
      }}
    >
      <TextField
        label={texts.label}
        hint={texts.hint}
        error={error}
        type="password"
        autoComplete="off"
        required
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={onCancel}>{common.cancel}</Button>
        <Button type="submit" look="primary" busy={busy}>
          {texts.save}
        </Button>
      </div>
    </form>
  );
}

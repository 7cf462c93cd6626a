/** Asks before something that cannot be undone; where it matters, for a word to be typed. */
import { type ReactNode, useState } from 'react';
import { common } from '../texts/common.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { TextField } from './field.tsx';

export function ConfirmDialog({
  open,
  onOpenChange,
  title,
  children,
  action,
  typed,
  busy = false,
  error,
  onConfirm,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  children: ReactNode;
  /** The button's text. */
  action: string;
  /** What has to be typed, and the label that asks for it. */
  typed?: { word: string; label: string };
  busy?: boolean;
  error?: string | null | undefined;
  onConfirm: () => void;
}) {
  const [word, setWord] = useState('');
  const ready = typed === undefined || word.trim() === typed.word;
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        setWord('');
        onOpenChange(next);
      }}
      title={title}
    >
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !busy) onConfirm();
        }}
      >
        <div className="space-y-2 text-sm wrap-anywhere">{children}</div>
        {typed && (
          <TextField
            label={typed.label}
            value={word}
            autoComplete="off"
            onChange={(event) => setWord(event.target.value)}
            error={error}
          />
        )}
        {!typed && error && (
          <p role="alert" className="text-sm font-medium text-failed">
            {error}
          </p>
        )}
        <div className="flex flex-wrap justify-end gap-3">
          <Button onClick={() => onOpenChange(false)}>{common.cancel}</Button>
          <Button type="submit" look="danger" busy={busy} disabled={!ready}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Takes a password and gives it away once. It is never a state: the element alone holds it until it is sent. */
import { type RefObject, useId, useState } from 'react';
import { connect } from '../../texts/connect.ts';
import { classes } from '../../ui/classes.ts';

/** What was typed; the field is empty afterwards. */
export function takePassword(field: RefObject<HTMLInputElement | null>): string {
  const input = field.current;
  if (!input) return '';
  const typed = input.value;
  input.value = '';
  return typed;
}

export function PasswordField({
  field,
  label,
  hint,
  error,
}: {
  field: RefObject<HTMLInputElement | null>;
  label: string;
  hint?: string;
  error?: string | null;
}) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const describedBy = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div className="space-y-1.5">
      <div className="flex items-baseline justify-between gap-3">
        <label htmlFor={id} className="block text-sm font-medium">
          {label}
        </label>
        <label className="flex min-h-6 items-center gap-2 text-sm text-muted">
          <input
            type="checkbox"
            checked={shown}
            onChange={(event) => setShown(event.target.checked)}
            className="size-4 accent-accent"
          />
          {connect.login.show}
        </label>
      </div>
      <input
        ref={field}
        id={id}
        type={shown ? 'text' : 'password'}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        aria-describedby={describedBy || undefined}
        aria-invalid={error ? true : undefined}
        className={classes(
          'block min-h-10 w-full rounded-lg border bg-surface px-3 text-sm text-ink',
          error ? 'border-failed' : 'border-line-strong',
        )}
      />
      {hint && (
        <p id={`${id}-hint`} className="text-sm text-muted">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className="text-sm font-medium text-failed">
          {error}
        </p>
      )}
    </div>
  );
}

/** A label with its control, its hint and its error, tied together for everybody who cannot see them together. */
import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from 'react';
import { classes } from './classes.ts';

interface Around {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  readonly error?: string | null | undefined;
  readonly className?: string;
}

const CONTROL =
  'block min-h-10 w-full rounded-lg border bg-surface px-3 text-sm text-ink placeholder:text-muted disabled:opacity-60';

interface Ties {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': true | undefined;
}

function Field({ label, hint, error, className, control }: Around & { control: (ties: Ties) => ReactNode }) {
  const id = useId();
  const describedBy = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return (
    <div className={classes('space-y-1.5', className)}>
      <label htmlFor={id} className="block text-sm font-medium wrap-anywhere">
        {label}
      </label>
      {control({
        id,
        'aria-describedby': describedBy || undefined,
        'aria-invalid': error ? true : undefined,
      })}
      {hint && (
        <p id={`${id}-hint`} className="text-sm text-muted">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className="text-sm font-medium wrap-anywhere text-failed">
          {error}
        </p>
      )}
    </div>
  );
}

const border = (error: unknown): string => (error ? 'border-failed' : 'border-line-strong');

export function TextField({
  label,
  hint,
  error,
  className,
  ...rest
}: Around & Omit<InputHTMLAttributes<HTMLInputElement>, 'id'>) {
  return (
    <Field
      {...{ label, hint, error }}
      className={className ?? ''}
      control={(ties) => <input {...rest} {...ties} className={classes(CONTROL, border(error))} />}
    />
  );
}

/** Several lines of text. */
export function LinesField({
  label,
  hint,
  error,
  className,
  ...rest
}: Around & Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'id'>) {
  return (
    <Field
      {...{ label, hint, error }}
      className={className ?? ''}
      control={(ties) => (
        <textarea
          rows={3}
          spellCheck={false}
          autoCapitalize="none"
          autoComplete="off"
          {...rest}
          {...ties}
          className={classes(CONTROL, 'py-2', border(error))}
        />
      )}
    />
  );
}

export function SelectField({
  label,
  hint,
  error,
  className,
  children,
  ...rest
}: Around & Omit<SelectHTMLAttributes<HTMLSelectElement>, 'id'>) {
  return (
    <Field
      {...{ label, hint, error }}
      className={className ?? ''}
      control={(ties) => (
        <select {...rest} {...ties} className={classes(CONTROL, border(error))}>
          {children}
        </select>
      )}
    />
  );
}

/** A checkbox or radio button with its label beside it and a hint below. */
export function ChoiceField({
  label,
  hint,
  className,
  ...rest
}: { label: ReactNode; hint?: ReactNode; className?: string } & Omit<
  InputHTMLAttributes<HTMLInputElement>,
  'id'
>) {
  const id = useId();
  return (
    <div className={classes('flex items-start gap-3', className)}>
      <input
        type="checkbox"
        {...rest}
        id={id}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="mt-0.5 size-5 shrink-0 accent-accent"
      />
      <div className="min-w-0 wrap-anywhere">
        <label htmlFor={id} className="text-sm font-medium">
          {label}
        </label>
        {hint && (
          <p id={`${id}-hint`} className="text-sm text-muted">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}

/** How much of something is done. */
import { classes } from './classes.ts';

/** `value` from 0 to 1; null: at work, but nobody knows how much is left. `label` is read out. */
export function Progress({
  value,
  label,
  className,
}: {
  value: number | null;
  label: string;
  className?: string;
}) {
  const percent = value === null ? null : Math.round(Math.min(1, Math.max(0, value)) * 100);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent ?? undefined}
      className={classes('h-2 overflow-hidden rounded-full bg-sunken', className)}
    >
      <div
        className={classes(
          'h-full rounded-full bg-accent transition-[width] duration-500',
          percent === null && 'w-1/3 animate-pulse',
        )}
        style={percent === null ? {} : { width: `${percent}%` }}
      />
    </div>
  );
}

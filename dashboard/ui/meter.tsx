/** How much of a limit is used. The text says everything; the bar shows it. */
import { useId } from 'react';
import { classes } from './classes.ts';

/** `max` null: there is no limit, and so no bar. */
export function Meter({
  label,
  value,
  max,
  text,
  over = false,
}: {
  label: string;
  value: number;
  max: number | null;
  text: string;
  /** More is used than there is. */
  over?: boolean;
}) {
  const id = useId();
  const share = max === null || max === 0 ? 0 : Math.min(1, value / max);
  return (
    <div className="space-y-1.5">
      <div className="flex flex-wrap justify-between gap-x-4 text-sm">
        <span id={id} className="font-medium">
          {label}
        </span>
        <span className={over ? 'font-medium text-rejected' : 'text-muted'}>{text}</span>
      </div>
      {max !== null && (
        // biome-ignore lint/a11y/useSemanticElements: a meter element cannot be given our colours everywhere
        <div
          role="meter"
          aria-labelledby={id}
          aria-valuemin={0}
          aria-valuemax={Math.max(max, value)}
          aria-valuenow={value}
          aria-valuetext={text}
          className="h-2 overflow-hidden rounded-full bg-sunken"
        >
          <div
            className={classes('h-full rounded-full', over ? 'bg-rejected' : 'bg-accent')}
            style={{ width: `${Math.round(share * 100)}%` }}
          />
        </div>
      )}
    </div>
  );
}

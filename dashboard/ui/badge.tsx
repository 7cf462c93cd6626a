/** A word on a coloured ground; the word alone says everything. */
import type { ReactNode } from 'react';
import { classes } from './classes.ts';

export type Tone =
  | 'delivered'
  | 'repaired'
  | 'rejected'
  | 'failed'
  | 'uncertain'
  | 'skipped'
  | 'waiting'
  | 'accent';

const TONES: Readonly<Record<Tone, string>> = {
  delivered: 'bg-delivered-soft text-delivered',
  repaired: 'bg-repaired-soft text-repaired',
  rejected: 'bg-rejected-soft text-rejected',
  failed: 'bg-failed-soft text-failed',
  uncertain: 'bg-uncertain-soft text-uncertain',
  skipped: 'bg-skipped-soft text-skipped',
  waiting: 'bg-waiting-soft text-waiting',
  accent: 'bg-accent-soft text-accent',
};

export const toneClasses = (tone: Tone): string => TONES[tone];

export function Badge({
  tone,
  className,
  children,
}: {
  tone: Tone;
  className?: string;
  children: ReactNode;
}) {
  return (
    <span
      className={classes(
        'inline-flex items-center gap-1.5 rounded-full px-2.5 py-0.5 text-xs font-semibold whitespace-nowrap',
        TONES[tone],
        className,
      )}
    >
      {children}
    </span>
  );
}

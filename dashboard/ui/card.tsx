/** Grounds that things stand on. */
import type { ReactNode } from 'react';
import { classes } from './classes.ts';

export function Card({ className, children }: { className?: string; children: ReactNode }) {
  return (
    <div className={classes('rounded-xl border border-line bg-surface p-5 shadow-xs', className)}>
      {children}
    </div>
  );
}

/** A part of a page under its own heading. */
export function Section({
  title,
  intro,
  actions,
  className,
  children,
}: {
  title: string;
  intro?: ReactNode;
  actions?: ReactNode;
  className?: string;
  children: ReactNode;
}) {
  return (
    <section aria-label={title} className={classes('space-y-3', className)}>
      <div className="flex flex-wrap items-end justify-between gap-3">
        <div className="min-w-0">
          <h2 className="text-lg font-semibold wrap-anywhere">{title}</h2>
          {intro && <p className="text-sm text-muted">{intro}</p>}
        </div>
        {actions}
      </div>
      {children}
    </section>
  );
}

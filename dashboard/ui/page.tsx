/** A page's frame: its title, where the focus goes at navigation, and its actions. */
import { type ReactNode, useEffect, useRef } from 'react';
import { common } from '../texts/common.ts';
import { classes } from './classes.ts';
import { useArrivalFocus } from './use-arrival-focus.ts';

export function Page({
  title,
  intro,
  actions,
  wide = false,
  children,
}: {
  title: string;
  intro?: ReactNode;
  actions?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · ${common.product}`;
  }, [title]);
  useArrivalFocus(heading);
  return (
    <div
      className={classes(
        'mx-auto w-full space-y-6 px-4 py-6 md:px-6 md:py-8',
        wide ? 'max-w-7xl' : 'max-w-6xl',
      )}
    >
      <div className="flex flex-wrap items-start justify-between gap-4">
        <div className="min-w-0">
          <h1 ref={heading} tabIndex={-1} className="text-2xl font-semibold tracking-tight wrap-anywhere">
            {title}
          </h1>
          {intro && <p className="mt-1 max-w-prose text-sm wrap-anywhere text-muted">{intro}</p>}
        </div>
        {actions && <div className="flex flex-wrap gap-3">{actions}</div>}
      </div>
      {children}
    </div>
  );
}

/** What a page shows instead of its content: while loading, when there is none, when it could not be had. */
import type { ReactNode } from 'react';
import { ApiError } from '../api.ts';
import { common } from '../texts/common.ts';
import { Button } from './button.tsx';
import { classes } from './classes.ts';

/** A grey block of the size that the content will have; give it height and width by `className`. */
export const Skeleton = ({ className }: { className?: string }) => (
  <div aria-hidden className={classes('animate-pulse rounded-lg bg-sunken', className)} />
);

/** Says that something loads, around skeletons. */
export const Loading = ({ children, className }: { children: ReactNode; className?: string }) => (
  <div role="status" aria-busy="true" className={className}>
    <span className="sr-only">{common.loading}</span>
    {children}
  </div>
);

export function EmptyState({
  title,
  children,
  actions,
  icon,
}: {
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  icon?: ReactNode;
}) {
  return (
    <div className="rounded-xl border border-dashed border-line-strong px-6 py-14 text-center">
      {icon && <div className="mb-4 flex justify-center text-muted">{icon}</div>}
      <h2 className="text-lg font-semibold">{title}</h2>
      {children && <div className="mx-auto mt-2 max-w-prose text-sm text-muted">{children}</div>}
      {actions && <div className="mt-6 flex flex-wrap justify-center gap-3">{actions}</div>}
    </div>
  );
}

/** Why it could not be loaded, with its code, and another try. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const known = error instanceof ApiError ? error : null;
  return (
    <div role="alert" className="rounded-xl border border-failed bg-surface px-6 py-10 text-center">
      <h2 className="text-lg font-semibold">{common.errorTitle}</h2>
      {known && <p className="mx-auto mt-2 max-w-prose text-sm">{known.message}</p>}
      {known && <p className="mt-1 text-xs text-muted">{common.errorCode(known.code)}</p>}
      {onRetry && (
        <Button className="mt-5" onClick={onRetry}>
          {common.retry}
        </Button>
      )}
    </div>
  );
}

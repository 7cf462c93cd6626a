/** A sentence that must not be missed, with what can be done about it. */
import { AlertTriangle, Info } from 'lucide-react';
import type { ReactNode } from 'react';
import { type Tone, toneClasses } from './badge.tsx';
import { classes } from './classes.ts';

export function Banner({
  tone,
  title,
  children,
  actions,
  className,
}: {
  tone: Tone;
  title?: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  className?: string;
}) {
  const Icon = tone === 'failed' || tone === 'rejected' ? AlertTriangle : Info;
  return (
    <div
      role={tone === 'failed' ? 'alert' : 'status'}
      className={classes(
        'flex flex-wrap items-start gap-3 rounded-xl px-4 py-3',
        toneClasses(tone),
        className,
      )}
    >
      <Icon aria-hidden className="mt-0.5 size-5 shrink-0" />
      <div className="min-w-0 flex-1 basis-60 text-sm wrap-anywhere">
        {title && <p className="font-semibold">{title}</p>}
        {children}
      </div>
      {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
    </div>
  );
}

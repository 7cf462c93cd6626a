/** One step: its heading, which takes the focus when the step begins, and the way back and on. */
import { type ReactNode, useEffect, useRef } from 'react';
import { connect } from '../../texts/connect.ts';
import { Button } from '../../ui/button.tsx';
import { useArrivalFocus } from '../../ui/use-arrival-focus.ts';

export function StepFrame({
  heading,
  intro,
  children,
}: {
  heading: string;
  intro?: ReactNode;
  children: ReactNode;
}) {
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // No expression: what it gives back, a promise in some browsers, is not how an effect ends.
    window.scrollTo({ top: 0 });
  }, []);
  useArrivalFocus(ref);
  return (
    <section aria-label={heading} className="space-y-5">
      <div>
        <h2 ref={ref} tabIndex={-1} className="text-xl font-semibold tracking-tight">
          {heading}
        </h2>
        {intro && <p className="mt-1 max-w-prose text-sm text-muted">{intro}</p>}
      </div>
      {children}
    </section>
  );
}

/** `children` is the way on. */
export function StepActions({ onBack, children }: { onBack?: () => void; children?: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 border-t border-line pt-5">
      {onBack && (
        <Button look="quiet" onClick={onBack}>
          {connect.back}
        </Button>
      )}
      <div className="ml-auto flex flex-wrap justify-end gap-3">{children}</div>
    </div>
  );
}

/** Where one is: all steps beside the page, on a phone in one line. */
import { Check } from 'lucide-react';
import { connect } from '../../texts/connect.ts';
import { classes } from '../../ui/classes.ts';
import type { StepId } from './step-props.ts';
import { STEPS } from './steps.ts';

export function StepList({ current }: { current: StepId }) {
  const at = STEPS.findIndex(({ id }) => id === current);
  return (
    <nav aria-label={connect.steps}>
      <p className="text-sm font-medium text-muted md:hidden">
        {connect.stepOf(at + 1, STEPS.length, STEPS[at]?.name ?? '')}
      </p>
      <div aria-hidden className="mt-2 flex gap-1 md:hidden">
        {STEPS.map(({ id }, index) => (
          <span
            key={id}
            className={classes('h-1 flex-1 rounded-full', index <= at ? 'bg-accent' : 'bg-line')}
          />
        ))}
      </div>
      <ol className="hidden space-y-1 md:block">
        {STEPS.map(({ id, name }, index) => (
          <li
            key={id}
            aria-current={index === at ? 'step' : undefined}
            className={classes(
              'flex items-center gap-3 rounded-lg px-3 py-2 text-sm',
              index === at ? 'bg-accent-soft font-semibold text-accent' : 'text-muted',
            )}
          >
            <span
              aria-hidden
              className={classes(
                'flex size-6 shrink-0 items-center justify-center rounded-full border text-xs font-semibold',
                index <= at ? 'border-accent bg-accent text-on-accent' : 'border-line-strong',
              )}
            >
              {index < at ? <Check className="size-3.5" /> : index + 1}
            </span>
            {name}
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** How often is looked for new mail, as far as the plan lets it. */
import { effectivePoll, usePlanLimits } from '../../billing.ts';
import { connect } from '../../texts/connect.ts';
import { formatDuration } from '../../texts/format.ts';
import { SelectField } from '../../ui/field.tsx';

const CHOICES = [60, 300, 900, 1800, 3600, 21_600];

const span = (seconds: number): string => formatDuration(seconds * 1000);

export function PollChoice({
  seconds,
  idle,
  onChange,
}: {
  seconds: number;
  idle: boolean;
  onChange: (seconds: number) => void;
}) {
  const { choose } = connect;
  const plan = usePlanLimits();
  const effective = effectivePoll(seconds, plan);
  const least = plan?.pollSeconds ?? 0;
  // What is set may be the operator's own, and is offered as well.
  const offered = [...new Set([seconds, ...CHOICES])].filter((each) => each >= least).sort((a, b) => a - b);
  const told = idle && (plan?.idle ?? true);
  const hint = told ? choose.pollIdle : plan && least > 60 ? choose.pollPlan(span(least)) : undefined;
  return (
    <SelectField
      label={choose.poll}
      hint={hint}
      className="sm:max-w-md"
      value={effective}
      onChange={({ target }) => onChange(Number(target.value))}
    >
      {[...new Set([...offered, effective])].map((each) => (
        <option key={each} value={each}>
          {choose.every(span(each))}
        </option>
      ))}
    </SelectField>
  );
}

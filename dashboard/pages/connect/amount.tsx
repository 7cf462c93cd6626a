/** How much a choice would import, and how long Gmail makes that take. */
import { useQuery } from '@tanstack/react-query';
import type { Preview } from '../../../src/http/api.ts';
import { common } from '../../texts/common.ts';
import { connect } from '../../texts/connect.ts';
import { formatBytes } from '../../texts/format.ts';
import { Button } from '../../ui/button.tsx';
import { Progress } from '../../ui/progress.tsx';
import { useSettled } from '../../ui/use-settled.ts';
import { previewOf } from './setup.ts';
import type { ChoiceInput } from './stored.ts';

export function Amount({ id, choice }: { id: string; choice: ChoiceInput }) {
  const { choose } = connect;
  const { history, since, folders, some } = choice;
  const asked = useSettled(JSON.stringify({ history, since, folders, some }));
  const preview = useQuery(previewOf(id, JSON.parse(asked)));
  const { data, isError, refetch } = preview;
  return (
    <div aria-live="polite" className="min-h-11 text-sm">
      {data ? (
        <p>
          <span className="font-medium">{amountText(data)}</span> {timeText(data)}
        </p>
      ) : isError ? (
        <p className="flex flex-wrap items-center gap-3 text-muted">
          {choose.uncounted}
          <Button size="sm" onClick={() => void refetch()}>
            {common.retry}
          </Button>
        </p>
      ) : (
        <div className="max-w-60 space-y-2">
          <p className="text-muted">{choose.counting}</p>
          <Progress value={null} label={choose.counting} />
        </div>
      )}
    </div>
  );
}

function amountText({ messages, bytes, exact }: Preview): string {
  const { choose } = connect;
  if (messages === 0) return choose.none;
  const size = bytes === null ? '' : choose.bytes(formatBytes(bytes));
  return `${choose.amount(messages, exact)}${size}.`;
}

function timeText({ messages, days, minutes }: Preview): string {
  const { choose } = connect;
  if (messages === 0) return '';
  if (days > 1) return choose.takesDays(days);
  return minutes > 120 ? choose.takesHours(Math.ceil(minutes / 60)) : choose.takesMinutes(minutes);
}

/** Messages or bytes over time, stacked by status; the same figures as a table for whoever cannot see or point. */
import { lazy, Suspense, useState } from 'react';
import type { AuditStats } from '../../../src/http/api.ts';
import { formatInstant, formatNumber } from '../../texts/format.ts';
import { glassBoxTexts } from '../../texts/glass-box.ts';
import { STATUS_TEXTS, STATUSES } from '../../texts/reasons.ts';
import { Card } from '../../ui/card.tsx';
import { classes } from '../../ui/classes.ts';
import { ErrorState, Loading, Skeleton } from '../../ui/states.tsx';
import type { LogFilter } from './filter-state.ts';
import { formatMeasure, type Measure, totalOf, type useAuditStats } from './stats.ts';

const texts = glassBoxTexts.chart;
// The list is of use before the drawing is there.
const StackedBars = lazy(() => import('./stacked-bars.tsx'));

export const SWATCHES = {
  delivered: 'bg-delivered',
  repaired: 'bg-repaired',
  rejected: 'bg-rejected',
  failed: 'bg-failed',
  uncertain: 'bg-uncertain',
  skipped: 'bg-skipped',
} as const;

export function Chart({
  stats,
  onPeriod,
}: {
  stats: ReturnType<typeof useAuditStats>;
  onPeriod: (period: Pick<LogFilter, 'period' | 'from' | 'to'>) => void;
}) {
  const [measure, setMeasure] = useState<Measure>('messages');
  const { data, error, refetch } = stats;
  if (data === undefined)
    return error ? (
      <ErrorState error={error} onRetry={() => void refetch()} />
    ) : (
      <Loading>
        <Skeleton className="h-72" />
      </Loading>
    );
  return (
    <Card className="space-y-3">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h2 className="font-semibold">{texts.title}</h2>
        <MeasureChoice measure={measure} onChange={setMeasure} />
      </div>
      <Legend stats={data} measure={measure} />
      {data.buckets.length === 0 ? (
        <p className="flex h-44 items-center justify-center text-sm text-muted">{texts.none}</p>
      ) : (
        <Suspense fallback={<Skeleton className="h-49" />}>
          <StackedBars stats={data} measure={measure} onPeriod={onPeriod} />
        </Suspense>
      )}
      <FiguresTable stats={data} />
    </Card>
  );
}

function MeasureChoice({ measure, onChange }: { measure: Measure; onChange: (measure: Measure) => void }) {
  return (
    <fieldset className="flex rounded-lg border border-line-strong p-0.5">
      <legend className="sr-only">{texts.unit}</legend>
      {(['messages', 'bytes'] as const).map((each) => (
        <label
          key={each}
          className={classes(
            'cursor-pointer rounded-md px-3 py-1 text-sm font-medium has-focus-visible:outline-2 has-focus-visible:outline-accent',
            measure === each ? 'bg-accent-soft text-accent' : 'text-muted hover:bg-sunken',
          )}
        >
          <input
            type="radio"
            name="measure"
            className="sr-only"
            checked={measure === each}
            onChange={() => onChange(each)}
          />
          {texts[each]}
        </label>
      ))}
    </fieldset>
  );
}

function Legend({ stats, measure }: { stats: AuditStats; measure: Measure }) {
  return (
    <dl className="flex flex-wrap gap-x-5 gap-y-1 text-sm">
      {STATUSES.map((status) => (
        <div key={status} className="flex items-center gap-2">
          <dt className="flex items-center gap-2 text-muted">
            <span
              aria-hidden
              className={classes('size-3 rounded-sm forced-color-adjust-none', SWATCHES[status])}
            />
            {STATUS_TEXTS[status].title}
          </dt>
          <dd className="font-medium">{formatMeasure(stats.total[status][measure], measure)}</dd>
        </div>
      ))}
    </dl>
  );
}

function FiguresTable({ stats }: { stats: AuditStats }) {
  return (
    <details className="text-sm">
      <summary className="w-fit cursor-pointer rounded py-1 font-medium text-accent">{texts.table}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <section aria-label={texts.caption} tabIndex={0} className="mt-2 max-h-80 overflow-auto">
        <table className="w-full border-collapse text-left">
          <caption className="sr-only">{texts.caption}</caption>
          <thead>
            <tr className="border-b border-line">
              <th scope="col" className="py-1.5 pr-4 font-medium">
                {texts.time}
              </th>
              {STATUSES.map((status) => (
                <th key={status} scope="col" className="py-1.5 pr-4 text-right font-medium">
                  {STATUS_TEXTS[status].title}
                </th>
              ))}
              <th scope="col" className="py-1.5 text-right font-medium">
                {texts.all}
              </th>
            </tr>
          </thead>
          <tbody>
            {stats.buckets.toReversed().map((bucket) => (
              <tr key={bucket.from} className="border-b border-line">
                <th scope="row" className="py-1.5 pr-4 font-normal whitespace-nowrap">
                  {formatInstant(bucket.from)}
                </th>
                {STATUSES.map((status) => (
                  <td key={status} className="py-1.5 pr-4 text-right whitespace-nowrap">
                    {formatNumber(bucket[status].messages)}
                  </td>
                ))}
                <td className="py-1.5 text-right whitespace-nowrap">
                  {glassBoxTexts.list.total(totalOf(bucket, 'messages'), totalOf(bucket, 'bytes'))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}

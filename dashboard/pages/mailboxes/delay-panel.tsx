/** How long new mail takes: median, 95th percentile, and a line over the last week. */
import type { MailboxStats } from '../../../src/http/api.ts';
import { formatDuration } from '../../texts/format.ts';
import { mailboxTexts } from '../../texts/mailboxes.ts';
import { classes } from '../../ui/classes.ts';

const texts = mailboxTexts.delay;

export function DelayPanel({ stats }: { stats: MailboxStats }) {
  const { messages, medianMs, p95Ms } = stats.delay;
  if (medianMs === null || p95Ms === null) return <p className="text-sm text-muted">{texts.none}</p>;
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap items-end gap-x-8 gap-y-3">
        <Figure label={texts.median} ms={medianMs} />
        <Figure label={texts.p95} ms={p95Ms} />
        <Sparkline series={stats.series} />
      </div>
      <p className="text-sm text-muted">{texts.based(messages)}</p>
    </div>
  );
}

/** The same in a line, for the list; nothing where there is nothing to measure. */
export function DelayLine({ stats }: { stats: MailboxStats }) {
  const { medianMs, p95Ms } = stats.delay;
  if (medianMs === null || p95Ms === null) return null;
  return (
    <div className="flex items-center gap-4">
      <p className="text-sm text-muted">{texts.line(formatDuration(medianMs), formatDuration(p95Ms))}</p>
      <Sparkline series={stats.series} small />
    </div>
  );
}

const Figure = ({ label, ms }: { label: string; ms: number }) => (
  <div>
    <div className="text-sm text-muted">{label}</div>
    <div className="text-2xl font-semibold">{formatDuration(ms)}</div>
  </div>
);

const WIDTH = 220;
const HEIGHT = 44;

/** On a logarithmic scale: seconds and hours both have to be seen. Steps without mail leave a gap. */
function Sparkline({ series, small = false }: { series: MailboxStats['series']; small?: boolean }) {
  const values = series.map(({ medianMs }) => medianMs);
  const top = Math.log10(Math.max(1000, ...values.map((ms) => ms ?? 0)) + 1);
  const step = WIDTH / Math.max(1, series.length - 1);
  const points = values.map((ms, i) =>
    ms === null ? null : { x: i * step, y: HEIGHT - 3 - (Math.log10(ms + 1) / top) * (HEIGHT - 6) },
  );
  // One alone is a dot that says nothing.
  if (points.filter((point) => point !== null).length < 2) return null;
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      className={classes('text-accent', small ? 'h-6 w-28' : 'h-11 w-full max-w-56')}
      role="img"
    >
      <title>{texts.spark}</title>
      <polyline
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinejoin="round"
        points={points.flatMap((point) => (point ? [`${point.x},${point.y}`] : [])).join(' ')}
      />
      {points.map(
        (point) => point && <circle key={point.x} cx={point.x} cy={point.y} r="2" fill="currentColor" />,
      )}
    </svg>
  );
}

/** The drawing: uPlot on a canvas, in the colours of the theme. Dragging across it chooses a period. */
import { useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import type { AuditStats } from '../../../src/http/api.ts';
import { formatInstant } from '../../texts/format.ts';
import { glassBoxTexts } from '../../texts/glass-box.ts';
import { STATUS_TEXTS, STATUSES } from '../../texts/reasons.ts';
import type { LogFilter } from './filter-state.ts';
import { formatMeasure, type Measure, totalOf } from './stats.ts';
import 'uplot/dist/uPlot.min.css';

const texts = glassBoxTexts.chart;
const HEIGHT = 176;
const DAY = 86_400;

interface Props {
  readonly stats: AuditStats;
  readonly measure: Measure;
  readonly onPeriod: (period: Pick<LogFilter, 'period' | 'from' | 'to'>) => void;
}

export default function StackedBars({ stats, measure, onPeriod }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | null>(null);
  const theme = useThemeName();
  const choose = useRef(onPeriod);
  choose.current = onPeriod;
  const data = useMemo(() => stack(stats, measure), [stats, measure]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew in the colours of another theme
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const plot = new uPlot(optionsOf(element, stats, measure, setAt, choose), data, element);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [data, stats, measure, theme]);

  const total = formatMeasure(totalOf(stats.total, measure), measure);
  const [from, to] = [stats.from ?? '', stats.to ?? ''].map((time) => (time ? formatInstant(time) : ''));
  return (
    <div>
      <div
        ref={place}
        role="img"
        aria-label={texts.summary(total, from ?? '', to ?? '')}
        className="min-h-44"
      />
      <p aria-hidden className="min-h-5 text-xs text-muted">
        {at === null ? texts.zoom : describe(stats, measure, at)}
      </p>
    </div>
  );
}

const startOf = (bucket: AuditStats['buckets'][number]): number => Date.parse(bucket.from) / 1000;

/** The whole period, in whole buckets; seconds since the epoch. */
function rangeOf({ from, to, bucketSeconds }: AuditStats): [number, number] {
  const width = bucketSeconds * 1000;
  const first = Math.floor(Date.parse(from ?? '') / width) * bucketSeconds;
  const end = Math.ceil(Date.parse(to ?? '') / width) * bucketSeconds;
  return [first, Math.max(end, first + bucketSeconds)];
}

/** Each series on top of those before it; the tallest is drawn first. Empty stretches in between are zero. */
function stack(stats: AuditStats, measure: Measure): uPlot.AlignedData {
  const byStart = new Map(stats.buckets.map((bucket) => [startOf(bucket), bucket]));
  const [first, end] = rangeOf(stats);
  const times: number[] = [];
  for (let time = first; time < end; time += stats.bucketSeconds) times.push(time);
  const heights = times.map((time) => {
    let sum = 0;
    return STATUSES.map((status) => {
      sum += byStart.get(time)?.[status][measure] ?? 0;
      return sum;
    });
  });
  const series = STATUSES.map((_, at) => heights.map((each) => each[at] ?? 0)).reverse();
  return [times, ...series];
}

function describe(stats: AuditStats, measure: Measure, time: number): string {
  const bucket = stats.buckets.find((each) => startOf(each) === time);
  const parts = STATUSES.filter((status) => (bucket?.[status][measure] ?? 0) > 0).map(
    (status) =>
      `${formatMeasure(bucket?.[status][measure] ?? 0, measure)} ${STATUS_TEXTS[status].title.toLowerCase()}`,
  );
  return texts.point(formatInstant(new Date(time * 1000).toISOString()), parts.join(', ') || texts.nothing);
}

function optionsOf(
  element: HTMLElement,
  stats: AuditStats,
  measure: Measure,
  setAt: (time: number | null) => void,
  choose: { readonly current: Props['onPeriod'] },
): uPlot.Options {
  const { bucketSeconds } = stats;
  const colour = (name: string): string => resolveColour(element, name);
  const label = timeLabels(bucketSeconds >= DAY ? 'UTC' : undefined);
  const bars = uPlot.paths.bars?.({ size: [0.85, 40], align: 1 });
  const axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    ...(bucketSeconds >= DAY && { tzDate: (time: number) => uPlot.tzDate(new Date(time * 1000), 'Etc/UTC') }),
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
    // The last time of day is wider than what is left beside it.
    padding: [null, 32, null, null],
    scales: {
      x: { range: () => rangeOf(stats) },
      y: { range: (_, __, max) => [0, max || 1] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 64,
        // What is written is to the minute; finer steps would say the same twice.
        incrs: STEPS,
        values: (_, times, __, ___, step) => times.map((time) => label(time, step)),
      },
      {
        ...axis,
        size: element.clientWidth < 480 ? 48 : 64,
        values: (_, values) => values.map((value) => formatMeasure(value, measure)),
      },
    ],
    series: [
      {},
      ...STATUSES.toReversed().map((status) => ({
        label: STATUS_TEXTS[status].title,
        fill: colour(`--${status}`),
        width: 0,
        points: { show: false },
        ...(bars && { paths: bars }),
      })),
    ],
    hooks: {
      setCursor: [({ cursor, data }) => setAt(cursor.idx == null ? null : (data[0][cursor.idx] ?? null))],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < 4) return;
          choose.current(periodOf(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'), bucketSeconds));
        },
      ],
    },
  };
}

/** Between two times below the chart; seconds. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720]
  .map((minutes) => minutes * 60)
  .concat([1, 2, 3, 5, 7, 10, 15, 30, 60, 90, 120, 180, 365, 730, 1825].map((days) => days * DAY));

/** What stands below the chart: days, and between them hours, in the browser's own way of writing them. */
function timeLabels(timeZone: string | undefined): (time: number, step: number) => string {
  const zone = timeZone === undefined ? {} : { timeZone };
  const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', ...zone });
  const month = new Intl.DateTimeFormat(undefined, { month: 'short', year: 'numeric', ...zone });
  const hour = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', ...zone });
  return (time, step) => {
    const at = new Date(time * 1000);
    if (step >= 28 * DAY) return month.format(at);
    const isMidnight = timeZone === undefined ? at.getHours() + at.getMinutes() === 0 : true;
    return step >= DAY || isMidnight ? day.format(at) : hour.format(at);
  };
}

/** Whole buckets; whole days as days. */
function periodOf(
  first: number,
  last: number,
  bucketSeconds: number,
): Pick<LogFilter, 'period' | 'from' | 'to'> {
  const from = Math.floor(first / bucketSeconds) * bucketSeconds;
  const to = Math.ceil(last / bucketSeconds) * bucketSeconds;
  const instant = (time: number): string => new Date(time * 1000).toISOString();
  if (bucketSeconds < DAY) return { period: 'custom', from: instant(from), to: instant(to) };
  return { period: 'custom', from: instant(from).slice(0, 10), to: instant(to - 1).slice(0, 10) };
}

/** A canvas knows no custom properties: what one of them is at this moment. */
function resolveColour(element: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Changes whenever the colours may have. */
function useThemeName(): string {
  const [name, setName] = useState(readTheme);
  useEffect(() => {
    const update = () => setName(readTheme());
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', update);
    const observer = new MutationObserver(update);
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      dark.removeEventListener('change', update);
      observer.disconnect();
    };
  }, []);
  return name;
}

const readTheme = (): string =>
  `${document.documentElement.dataset.theme ?? ''} ${matchMedia('(prefers-color-scheme: dark)').matches}`;

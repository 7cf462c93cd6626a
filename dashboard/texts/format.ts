/** Numbers, sizes and times as people read them, in the browser's language. */
const number = new Intl.NumberFormat();
const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'long' });

export const formatNumber = (value: number): string => number.format(value);
/** An ISO 8601 instant. */
export const formatInstant = (iso: string): string => dateTime.format(new Date(iso));
export const formatDay = (iso: string): string => day.format(new Date(iso));

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** Decimal units, as mail providers state theirs. */
export function formatBytes(bytes: number): string {
  const step = Math.min(BYTE_UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return new Intl.NumberFormat(undefined, {
    style: 'unit',
    unit: BYTE_UNITS[step] ?? 'byte',
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
  }).format(value);
}

const SPANS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** `3 minutes ago`, `in 2 hours`. */
export function formatRelative(iso: string, now: number): string {
  const ms = new Date(iso).getTime() - now;
  for (const [unit, span] of SPANS) {
    if (Math.abs(ms) >= span || unit === 'second') return relative.format(Math.round(ms / span), unit);
  }
  return '';
}

/** A length of time in at most one unit: `850 ms`, `4 s`, `12 min`, `3 h`, `2 days`. */
export function formatDuration(ms: number): string {
  const as = (value: number, unit: string, digits = 0) =>
    new Intl.NumberFormat(undefined, {
      style: 'unit',
      unit,
      unitDisplay: unit === 'day' ? 'long' : 'short',
      maximumFractionDigits: digits,
    }).format(value);
  if (ms < 1000) return as(Math.round(ms), 'millisecond');
  if (ms < 60_000) return as(ms / 1000, 'second', ms < 10_000 ? 1 : 0);
  if (ms < 3_600_000) return as(ms / 60_000, 'minute');
  if (ms < 2 * 86_400_000) return as(ms / 3_600_000, 'hour');
  return as(ms / 86_400_000, 'day');
}

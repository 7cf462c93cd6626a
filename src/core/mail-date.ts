/**
 * The Date header, read as strictly as RFC 5322 §3.3 and §4.3 write it. What cannot be read here, Gmail may read or not:
 * where it cannot, it silently takes the time of the import.
 */
import { DAY } from './schedule.ts';

/** Characters of a header that are looked at. */
const CAP = 256;
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
/** Hours off UTC of the zones that have names (§4.3); all other letters say nothing, so they count as UTC. */
const ZONES: Readonly<Record<string, number>> = {
  edt: -4,
  est: -5,
  cdt: -5,
  cst: -6,
  mdt: -6,
  mst: -7,
  pdt: -7,
  pst: -8,
};
/** No zone is further off, in minutes. */
const FURTHEST = 14 * 60;
/** There was no mail before, and clocks that were never set say 1970. */
const OLDEST = Date.UTC(1971, 0);
/** Beyond it nobody's clock is merely wrong. */
const AHEAD = 366 * DAY;

const DATE =
  /^(?:(?:mon|tue|wed|thu|fri|sat|sun) ?, ?)?(\d{1,2}) ([a-z]{3}) (\d{2,4}) (\d{1,2}) ?: ?(\d{2})(?: ?: ?(\d{2}))? ([+-]\d{4}|[a-z]{1,3})$/;

/** Ms since the epoch; null: not a date, or none that a message can have been written on. `now`: ms since the epoch. */
export function readDate(value: string, now: number): number | null {
  if (value.length > CAP) return null;
  const text = withoutComments(value)
    ?.replace(/[ \t]+/g, ' ')
    .trim()
    .toLowerCase();
  const [, day, monthName = '', year = '', hour, minute, second = '0', zone = ''] =
    DATE.exec(text ?? '') ?? [];
  const month = MONTHS.indexOf(monthName);
  const offset = offsetOf(zone);
  if (month < 0 || offset === null) return null;
  const [d, h, m, s] = [Number(day), Number(hour), Number(minute), Number(second)];
  // A leap second is the first of the next minute.
  if (h > 23 || m > 59 || s > 60) return null;
  const midnight = Date.UTC(fullYear(year), month, d);
  if (new Date(midnight).getUTCDate() !== d) return null;
  const at = midnight + ((h * 60 + m - offset) * 60 + s) * 1000;
  return at >= OLDEST && at <= now + AHEAD ? at : null;
}

/** Two and three digits as §4.3 says. */
function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length === 4) return year;
  return digits.length === 3 || year >= 50 ? 1900 + year : 2000 + year;
}

/** Minutes east of UTC; null: no zone. */
function offsetOf(zone: string): number | null {
  if (/^[a-z]/.test(zone)) {
    if (zone.length === 1) return zone === 'j' ? null : 0;
    if (zone === 'gmt' || zone === 'ut' || zone === 'utc') return 0;
    const hours = ZONES[zone];
    return hours === undefined ? null : hours * 60;
  }
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3))];
  const off = hours * 60 + minutes;
  if (minutes > 59 || off > FURTHEST) return null;
  return zone.startsWith('-') ? -off : off;
}

/** Comments may be nested and hold escaped parentheses (§3.2.2); null: one does not end. */
function withoutComments(value: string): string | null {
  let depth = 0;
  let out = '';
  for (let at = 0; at < value.length; at += 1) {
    const char = value[at] ?? '';
    if (depth > 0 && char === '\\') at += 1;
    else if (char === '(') depth += 1;
    else if (char === ')' && depth > 0) depth -= 1;
    else if (depth === 0) out += char;
    // What stood on both sides stays apart.
    if (char === ')' && depth === 0) out += ' ';
  }
  return depth === 0 ? out : null;
}

/** Text of others, made safe for a terminal; tables, times and numbers for people. */

/**
 * What could move the cursor, change colours or titles, turn lines around, or be taken for another character than it is:
 * control characters (ECMA-48), line separators, marks of direction, invisible ones.
 */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

const escaped = (char: string): string => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;

/** One line, in which such characters stand as `\u001b`. */
export const safe = (text: string): string => text.replace(UNSAFE, escaped);

/** One line of JSON that is as safe, and says the same to a program. */
export const jsonLine = (value: unknown): string => JSON.stringify(value).replace(UNSAFE, escaped);

/** Columns side by side, the first line as their heads. No cell is wider than `widest`. */
export function table(rows: readonly (readonly string[])[], widest = 48): string[] {
  const cells = rows.map((row) => row.map((cell) => cut(safe(cell), widest)));
  const widths = (cells[0] ?? []).map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

const cut = (text: string, widest: number): string =>
  text.length > widest ? `${text.slice(0, widest - 1)}…` : text;

export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number.toLocaleString('en')} ${number === 1 ? one : many}`;

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

export function size(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(bytes, 1)) / 3)));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}

/** `2026-01-31 08:15:00`, in UTC; null is `never`. */
export const instant = (iso: string | null): string =>
  iso === null ? 'never' : safe(iso).slice(0, 19).replace('T', ' ');

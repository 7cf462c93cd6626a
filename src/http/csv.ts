/** CSV by RFC 4180, safe to open in a spreadsheet. */

/**
 * A cell that a spreadsheet would run as a formula is prefixed with an apostrophe
 * (https://owasp.org/www-community/attacks/CSV_Injection); so is one that begins with apostrophes before such a text, or
 * nobody could tell whose the first one is.
 */
const cell = (value: string | number | null): string => {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^'*[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

export const csvRow = (values: readonly (string | number | null)[]): string =>
  `${values.map(cell).join(',')}\r\n`;

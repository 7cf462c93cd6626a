/** Reads CSV by RFC 4180, and what spreadsheets make of it: a byte order mark, semicolons or tabs, bare line feeds. */

export interface CsvRecord {
  /** Of its first line in the file, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
  /** The record cannot be told apart: a quote that is never closed, or text behind one that is. */
  readonly broken: 'open-quote' | 'text-behind-quote' | null;
}

/** The character that divides the cells of the first line, where it has any. */
function separatorOf(text: string): string {
  const [first = ''] = text
    .slice(0, 10_000)
    .replace(/"(?:[^"]|"")*"/g, '')
    .split(/\r\n|\n|\r/, 1);
  const count = (each: string) => first.split(each).length;
  return [',', ';', '\t'].reduce((best, each) => (count(each) > count(best) ? each : best));
}

/** What Excel writes, and wants, in front of the first line where another character divides than it would expect. */
const SEPARATOR_LINE = /^sep=([,;\t])(?:\r\n|\n|\r)/i;

/**
 * Every record that is not an empty line. What is wrong in one ends with its line; only an open quote takes the rest of the
 * file along, for nobody can tell where it was to end.
 */
export function* readCsv(whole: string): Generator<CsvRecord> {
  const text = whole.replace(/^\ufeff/, '');
  const named = SEPARATOR_LINE.exec(text);
  const separator = named?.[1] ?? separatorOf(text);
  let at = named?.[0].length ?? 0;
  let line = named ? 2 : 1;
  while (at < text.length) {
    const started = line;
    const cells: string[] = [];
    let broken: CsvRecord['broken'] = null;
    let ended = false;
    while (!ended) {
      const cell = readCell(text, at, separator);
      cells.push(cell.text);
      broken ??= cell.broken;
      line += cell.breaks;
      at = cell.end;
      ended = text[at] !== separator;
      at += ended && text.startsWith('\r\n', at) ? 2 : 1;
    }
    line += 1;
    if (broken !== null || cells.some((cell) => cell !== '')) yield { line: started, cells, broken };
  }
}

interface Cell {
  readonly text: string;
  /** Where the separator, the line break or the end is. */
  readonly end: number;
  /** Line breaks within quotes. */
  readonly breaks: number;
  readonly broken: CsvRecord['broken'];
}

function readCell(text: string, from: number, separator: string): Cell {
  if (text[from] !== '"') {
    const end = endOfCell(text, from, separator);
    return { text: text.slice(from, end), end, breaks: 0, broken: null };
  }
  let close = text.indexOf('"', from + 1);
  while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  if (close < 0) return { text: '', end: text.length, breaks: 0, broken: 'open-quote' };
  const inner = text.slice(from + 1, close);
  const end = endOfCell(text, close + 1, separator);
  return {
    text: inner.replaceAll('""', '"'),
    end,
    breaks: inner.split(/\r\n|\n|\r/).length - 1,
    broken: end === close + 1 ? null : 'text-behind-quote',
  };
}

function endOfCell(text: string, from: number, separator: string): number {
  let end = from;
  while (end < text.length && text[end] !== separator && text[end] !== '\n' && text[end] !== '\r') end += 1;
  return end;
}

/** Without the apostrophe that csv.ts, and people who know spreadsheets, put before what would run as a formula. */
export const withoutGuard = (cell: string): string => cell.replace(/^'(?='*[=+\-@\t\r])/, '');

/** What is changed in a header block so that Gmail takes its message. Pure; text has one character a byte. */
import { type Repair, repairOfFrom } from '../src/core/repair.ts';
import { encodedWords } from './encoded-words.ts';

/** Told in every repaired copy, with the repair as its value. */
const REPAIRED = 'X-Smtp-Sync-Repaired';
/** What a From header is called that Gmail must not see. */
const ORIGINAL_FROM = 'X-Smtp-Sync-Original-From';
/**
 * No author is invented, and none taken from Sender or Return-Path, who need not be the author: a name that says so, at a
 * domain that nobody can own (RFC 2606 §2).
 */
const NOBODY = 'unknown-sender@smtp-sync.invalid';
const NOBODY_NAME = 'Unknown sender';
/** Characters of the sender's own text that are kept at most. */
const NAME_CAP = 120;

/** At `at`, `remove` characters give way to `insert`. */
export interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

interface Line {
  readonly at: number;
  readonly text: string;
}

/** RFC 5322 §2.2, with the blanks before the colon that §4.5 allows. */
const FIELD = /^[!-9;-~]+[ \t]*:/;
const FROM = /^from[ \t]*:/i;
const FOLDED = /^[ \t]/;
/** RFC 2047 §5, in a phrase. */
const ENCODED = /^(?:=\?[\w-]+\?[bq]\?[\w!*+/=-]*\?=(?: |$))+/i;
/** The first line of a message out of an mbox. */
const MBOX = /^>?From /;

/**
 * The edits, in order, for `wanted`, and the repair that they are: what Gmail says of a From header that is not exactly one
 * holds for none and for several. `block` is the header block, without the empty line behind it, or its beginning; `eol`: how its lines
 * end.
 */
export function repairHeader(block: string, eol: string, wanted: Repair): { repair: Repair; edits: Edit[] } {
  const lines = linesOf(block);
  const froms = lines.filter(({ text }) => FROM.test(text));
  const repair =
    wanted === 'from-header-missing' || wanted === 'from-header-several'
      ? repairOfFrom(froms.length)
      : wanted;
  const place = placeOf(lines, block.length, repair);
  const isAdded = repair === 'from-header-missing' || repair === 'from-header-invalid';
  const from = isAdded ? `From: ${addressOf(lines, froms[0])}${eol}` : '';
  const isCut = place.at === block.length && block !== '' && !block.endsWith('\n');
  const added = `${isCut ? eol : ''}${from}${REPAIRED}: ${repair}${eol}${place.isAllBody ? eol : ''}`;
  const renamed = repair === 'null-byte' ? [] : froms.slice(repair === 'from-header-several' ? 1 : 0);
  return {
    repair,
    edits: [
      { at: place.at, remove: 0, insert: added },
      ...renamed.map(({ at }) => ({ at, remove: 'From'.length, insert: ORIGINAL_FROM })),
    ],
  };
}

function linesOf(block: string): Line[] {
  const lines: Line[] = [];
  for (let at = 0; at < block.length; ) {
    const end = block.indexOf('\n', at);
    const next = end < 0 ? block.length : end + 1;
    lines.push({ at, text: block.slice(at, next).replace(/\r?\n$/, '') });
    at = next;
  }
  return lines;
}

/**
 * Before the first field, so that no line is torn from what it continues. Where other text comes first, and no From header is
 * there that would say otherwise, the message has no header block at all: all of it is body.
 */
function placeOf(
  lines: readonly Line[],
  length: number,
  repair: Repair,
): { readonly at: number; readonly isAllBody: boolean } {
  const field = lines.find(({ text }) => FIELD.test(text));
  const stray = lines.find(({ text }) => !MBOX.test(text) && !FOLDED.test(text));
  if (field && (repair !== 'from-header-missing' || stray === field))
    return { at: field.at, isAllBody: false };
  // Behind what an mbox puts first; an empty line follows.
  if (!stray) return { at: length, isAllBody: false };
  return { at: 0, isAllBody: true };
}

/** The sender's own text as a name, where it has one. RFC 5322 §3.4, RFC 2047. */
function addressOf(lines: readonly Line[], from: Line | undefined): string {
  const text = from ? unfolded(lines, from) : '';
  return `${nameOf(text)} <${NOBODY}>`;
}

function unfolded(lines: readonly Line[], from: Line): string {
  const parts = [from.text.slice(from.text.indexOf(':') + 1)];
  for (const { text } of lines.slice(lines.indexOf(from) + 1)) {
    if (!FOLDED.test(text)) break;
    parts.push(text);
  }
  return parts.join(' ');
}

/** One word that cannot be told from any other character by whoever reads the header, whatever `text` holds. */
function nameOf(text: string): string {
  const decoded = text.replace(/[\x80-\xff]+/g, (bytes) => Buffer.from(bytes, 'latin1').toString('utf8'));
  const plain = decoded
    .replace(/[\x00-\x1f\x7f"\\<>]+/g, ' ')
    .replace(/ +/g, ' ')
    .trim();
  const name = [...plain].slice(0, NAME_CAP).join('').trim();
  if (name === '') return `"${NOBODY_NAME}"`;
  // Encoded already: what follows them is at best an address.
  const words = ENCODED.exec(plain)?.[0].trim() ?? '';
  if (words !== '' && words.length <= NAME_CAP) return words;
  if (/^[ -~]+$/.test(name)) return `"${name}"`;
  return encodedWords(name);
}

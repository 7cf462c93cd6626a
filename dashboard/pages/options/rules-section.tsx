/** Rules of a mailbox: who is left out, who is never spam, how large is too large. */
import { useState } from 'react';
import { formatBytes } from '../../texts/format.ts';
import { rulesTexts as texts } from '../../texts/rules.ts';
import { Card } from '../../ui/card.tsx';
import { LinesField, TextField } from '../../ui/field.tsx';
import type { Extras, OptionSection, SectionProps } from './extras.ts';

const MB = 1_000_000;
/** Of either list. */
const MOST = 500;
const DOMAIN = /^@?[^\s@.]+(\.[^\s@.]+)+\.?$/;
const ADDRESS = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+\.?$/;

/** What is typed, one a line. */
const linesOf = (typed: string): string[] =>
  typed
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

function wrongLines(
  lines: readonly string[],
  isRight: (line: string) => boolean,
  words: string,
): string | null {
  if (lines.length > MOST) return texts.wrong.many(MOST);
  return lines.every(isRight) ? null : words;
}

const wrongSkip = ({ skipSenders }: Extras): string | null =>
  wrongLines(skipSenders, (line) => DOMAIN.test(line) || ADDRESS.test(line), texts.wrong.skip);
const wrongNever = ({ neverSpamDomains }: Extras): string | null =>
  wrongLines(neverSpamDomains, (line) => DOMAIN.test(line), texts.wrong.never);
const wrongLimit = ({ maxBytes }: Extras): string | null =>
  maxBytes === null || maxBytes >= 1 ? null : texts.wrong.limit;

/** What cannot be sent counts as 0, which is said to be wrong. */
function bytesOf(typed: string): number | null {
  if (typed.trim() === '') return null;
  const bytes = Math.round(Number(typed.replace(',', '.')) * MB);
  return Number.isSafeInteger(bytes) && bytes >= 1 ? bytes : 0;
}

function Fields({ extras, change, wrong }: SectionProps) {
  // As it was typed: what is sent has neither blank lines nor half numbers.
  const [skip, setSkip] = useState(extras.skipSenders.join('\n'));
  const [never, setNever] = useState(extras.neverSpamDomains.join('\n'));
  const [limit, setLimit] = useState(extras.maxBytes === null ? '' : String(extras.maxBytes / MB));
  const shown = (error: string | null): string | null => (wrong === null ? null : error);
  return (
    <Card>
      <fieldset className="space-y-4">
        <legend className="mb-3 text-base font-semibold">{texts.title}</legend>
        <LinesField
          label={texts.skip}
          hint={texts.skipHint}
          error={shown(wrongSkip(extras))}
          value={skip}
          onChange={({ target }) => {
            setSkip(target.value);
            change({ skipSenders: linesOf(target.value) });
          }}
        />
        <LinesField
          label={texts.never}
          hint={texts.neverHint}
          error={shown(wrongNever(extras))}
          value={never}
          onChange={({ target }) => {
            setNever(target.value);
            change({ neverSpamDomains: linesOf(target.value) });
          }}
        />
        <TextField
          label={texts.limit}
          hint={texts.limitHint}
          error={shown(wrongLimit(extras))}
          inputMode="decimal"
          autoComplete="off"
          value={limit}
          onChange={({ target }) => {
            setLimit(target.value);
            change({ maxBytes: bytesOf(target.value) });
          }}
        />
      </fieldset>
    </Card>
  );
}

export const RULES: OptionSection = {
  id: 'rules',
  Fields,
  wrongOf: (extras) => wrongSkip(extras) ?? wrongNever(extras) ?? wrongLimit(extras),
  linesOf: ({ options: { skipSenders, neverSpamDomains, maxBytes } }) => [
    ...(skipSenders.length > 0
      ? [{ name: texts.lines.skip, text: texts.lines.skipped(skipSenders.length) }]
      : []),
    ...(neverSpamDomains.length > 0
      ? [{ name: texts.lines.never, text: texts.lines.trusted(neverSpamDomains.length) }]
      : []),
    ...(maxBytes === null ? [] : [{ name: texts.lines.limit, text: formatBytes(maxBytes) }]),
  ],
};

/** Texts of the tamper check. */
import { formatNumber } from './format.ts';

const entries = (count: number): string => `${formatNumber(count)} ${count === 1 ? 'entry' : 'entries'}`;

export const chainTexts = {
  intro:
    'Each entry carries a digest of itself and of the entry before it in its mailbox. Whoever changes, removes or inserts one breaks the chain, and the check finds the place.',
  keepIntro:
    'Keep the end of a chain somewhere else, on paper or in a mail to yourself: with it you can prove later that nothing before it was rewritten, not even by whoever runs this service.',
  none: 'Nothing to check yet',
  noneSentence: 'Each mailbox has a chain from its first message on.',
  end: 'The end of the chain',
  length: (count: number) => (count === 0 ? 'No entry yet' : entries(count)),
  kept: 'An end you kept (may be left empty)',
  keptHint: 'As the button Copy gave it to you: mailbox, number and digest.',
  keptWrong: 'That is no end of a chain. It looks like 1234:0f3a…, the digest with 64 characters.',
  keptOther: 'That end is of another mailbox.',
  verify: 'Verify',
  stop: 'Stop',
  progress: (name: string) => `Verifying the chain of ${name}`,
  checked: (done: number, all: number) => `${formatNumber(done)} of ${entries(Math.max(done, all))} checked`,
  whole: (count: number) => `The chain is whole: ${entries(count)}`,
  wholeSentence:
    'Every digest was computed again and is right. No single entry was changed, removed or inserted.',
  keptIsPart: (seq: number) =>
    `What you kept is part of it: nothing up to entry ${formatNumber(seq)} was rewritten since.`,
  broken: (seq: number) => `The chain is broken at entry ${formatNumber(seq)}`,
  changed: (at: string | null) =>
    `The entry that is there now${at === null ? '' : `, of ${at},`} does not follow from the one before it: it, or the one before it, was changed.`,
  missing: 'There is no such entry any more, although the chain goes on behind it or ended behind it.',
  brokenNext:
    'Entries before it are as they were written. Export the log as it is now, and ask the operator of this service how this came about.',
  rewritten: 'The chain does not hold what you kept',
  rewrittenSentence: (seq: number) =>
    `Something up to entry ${formatNumber(seq)} was rewritten or removed since you kept it. Export the log as it is now; together with what you kept it is the proof.`,
  link: 'Place in its chain',
} as const;

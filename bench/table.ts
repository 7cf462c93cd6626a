/** Medians of rounds, as a table. */
export interface Sample {
  readonly name: 'bare' | 'obvious' | 'ours';
  readonly messages: number;
  /** From Google's first call to the last message. */
  readonly seconds: number;
  /** CPU seconds of the contender's own process. */
  readonly cpu: number;
  /** And of the database's processes, where there is one. */
  readonly cpuWithDatabase: number;
}

/** The samples of one round, one of each name. */
export type Round = readonly Sample[];

type Measure = (sample: Sample) => number;

const rate: Measure = ({ messages, seconds }) => messages / seconds;
const cpu: Measure = ({ messages, cpu }) => (cpu * 1000) / messages;
const cpuWithDatabase: Measure = ({ messages, cpuWithDatabase: all }) => (all * 1000) / messages;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

const of = (round: Round, name: Sample['name'], measure: Measure): number =>
  round.flatMap((sample) => (sample.name === name ? [measure(sample)] : []))[0] ?? Number.NaN;

const HEAD = ['', 'messages/s', 'CPU s/1000', '+ database', 'rate : bare', 'CPU : bare', 'CPU : obvious'];
const WIDTHS = [9, 11, 11, 11, 12, 11, 14];

const line = (cells: readonly string[]): string =>
  `  ${cells.map((cell, at) => (at === 0 ? cell.padEnd(WIDTHS[0] ?? 0) : cell.padStart(WIDTHS[at] ?? 0))).join('')}`;

/** The median of each figure, and of each ratio within a round. */
export function printTable(title: string, rounds: readonly Round[]): void {
  console.log(`\n${title}`);
  console.log(line(HEAD));
  for (const name of ['bare', 'obvious', 'ours'] as const) {
    const figure = (measure: Measure) => median(rounds.map((round) => of(round, name, measure)));
    const ratio = (measure: Measure, other: Sample['name']) =>
      median(rounds.map((round) => of(round, name, measure) / of(round, other, measure))).toFixed(2);
    console.log(
      line([
        name,
        figure(rate).toFixed(0),
        figure(cpu).toFixed(2),
        name === 'ours' ? figure(cpuWithDatabase).toFixed(2) : '',
        ratio(rate, 'bare'),
        ratio(cpu, 'bare'),
        ratio(cpu, 'obvious'),
      ]),
    );
  }
}

/** How far something has come, on the terminal: one line that changes, or a line for each tenth where there is no terminal. */

export interface Progress {
  show(count: number): void;
  /** The line stays. */
  end(): void;
}

const PER_LINE = 10;
const EVERY_MS = 200;

export function startProgress(label: string, total: number): Progress {
  const began = performance.now();
  let shownAt = Number.NEGATIVE_INFINITY;
  let tenths = 0;
  let last = 0;
  const text = (): string => {
    const seconds = (performance.now() - began) / 1_000;
    const rate = seconds > 0 ? Math.round(last / seconds) : 0;
    return `  ${label}: ${last.toLocaleString('en')} of ${total.toLocaleString('en')}, ${rate.toLocaleString('en')} a second`;
  };
  return {
    show(count) {
      last = count;
      if (process.stdout.isTTY) {
        if (performance.now() - shownAt < EVERY_MS) return;
        shownAt = performance.now();
        process.stdout.write(`\r${text()}\x1b[K`);
      } else if (Math.floor((count * PER_LINE) / total) > tenths) {
        tenths = Math.floor((count * PER_LINE) / total);
        console.log(text());
      }
    },
    end() {
      if (process.stdout.isTTY) process.stdout.write(`\r${text()}\x1b[K\n`);
    },
  };
}

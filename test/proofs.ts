/** Tests named as proofs of something: whether they are there, and running exactly them. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { run } from 'node:test';

/** `file`: from the root of the repository. `name`: the test's own, without those of the suites around it. */
export interface Proof {
  readonly file: string;
  readonly name: string;
}

const ROOT = new URL('..', import.meta.url).pathname;
const TEST = /\b(?:test|it|onBoth)\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/g;
const IMPORT = /\bfrom '(\.[^']+)'/g;
/** Less than that of a name in letters, beside what is computed, could be any test's. */
const TELLING = 8;

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** What names a test of this source may have; names of parametrised tests match for any parameters. */
function namesIn(source: string): RegExp[] {
  return [...source.matchAll(TEST)].flatMap(([call, single, double, template]) => {
    const plain = single ?? double;
    // `onBoth` plays a test on both protocols.
    const tail = call.startsWith('onBoth') ? '(?:: (?:IMAP|POP3))?' : '';
    if (plain !== undefined) return [new RegExp(`^${literally(plain.replace(/\\(.)/g, '$1'))}${tail}$`)];
    const parts = (template ?? '').replace(/\\(.)/g, '$1').split(/\$\{[^}]*\}/);
    return parts.join('').length < TELLING ? [] : [new RegExp(`^${parts.map(literally).join('.*')}$`)];
  });
}

/** The file, and the suites of test/contract that it plays. */
function sourcesOf(file: string, seen = new Set<string>()): string[] {
  const path = join(ROOT, file);
  if (seen.has(file) || !existsSync(path)) return [];
  seen.add(file);
  const source = readFileSync(path, 'utf8');
  const suites = [...source.matchAll(IMPORT)]
    .map(([, to = '']) => normalize(join(dirname(file), to)))
    .filter((to) => to.startsWith('test/contract/'));
  return [source, ...suites.flatMap((suite) => sourcesOf(suite, seen))];
}

export const exists = ({ file, name }: Proof): boolean =>
  sourcesOf(file).some((source) => namesIn(source).some((pattern) => pattern.test(name)));

const keyOf = ({ file, name }: Proof): string => `${file}\n${name}`;

/** What of a file's tests passes: those of these names, run alone or with all the others of the file. */
async function passingIn(file: string, names: ReadonlySet<string>, alone: boolean): Promise<Set<string>> {
  const patterns = [...names].map((name) => new RegExp(`${literally(name)}(?:: (?:IMAP|POP3))?$`));
  const results = run({
    files: [join(ROOT, file)],
    ...(alone && { testNamePatterns: patterns }),
    timeout: 240_000,
  });
  const passed = new Set<string>();
  const failed = new Set<string>();
  const note = (name: string, done: boolean): void => {
    const listed = names.has(name) ? name : name.replace(/: (?:IMAP|POP3)$/, '');
    if (names.has(listed)) (done ? passed : failed).add(listed);
  };
  results.on('test:pass', ({ name, skip }) => note(name, skip === undefined));
  results.on('test:fail', ({ name }) => note(name, false));
  for await (const _ of results);
  return passed.difference(failed);
}

/** Runs these, one file after the other. What did not pass, or did not run, is not in the answer. */
export async function passing(proofs: readonly Proof[]): Promise<(proof: Proof) => boolean> {
  const passed = new Set<string>();
  for (const [file, own = []] of Map.groupBy(proofs, (proof) => proof.file)) {
    const names = new Set(own.map(({ name }) => name));
    let done = await passingIn(file, names, true);
    // Some files tell one story, and a test of theirs needs those in front of it.
    if (done.size < names.size) done = await passingIn(file, names, false);
    for (const name of done) passed.add(keyOf({ file, name }));
  }
  return (proof) => passed.has(keyOf(proof));
}

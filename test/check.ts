/** `npm run check`: types, lint and format, floors. Prints what is wrong, one line each where we choose. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { checkFloors, longFiles, readSources } from './floors.ts';

const root = new URL('..', import.meta.url).pathname;

/** Runs a tool of node_modules/.bin; its output when it found something. */
function run(tool: string, args: readonly string[]): { failed: boolean; output: string } {
  const { status, stdout, stderr, error } = spawnSync(`${root}node_modules/.bin/${tool}`, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { failed: status !== 0, output: `${stdout}${stderr}${error?.message ?? ''}` };
}

function checkTypes(): string {
  const found = ['.', 'dashboard'].map((project) => run('tsc', ['-p', project, '--pretty', 'false']));
  return found.map(({ failed, output }) => (failed ? output : '')).join('');
}

/** Biome succeeds when it has only infos to tell; for us they count. */
function checkLint(): string {
  const { failed, output } = run('biome', ['check', '--error-on-warnings', '--max-diagnostics=100', '.']);
  return failed || /^Found \d+ infos?\.$/m.test(output) ? output : '';
}

function checkHouse(): string {
  const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const sources = readSources(root);
  for (const line of longFiles(sources)) console.log(`warning: ${line}`);
  return checkFloors(sources, new Set(Object.keys(dependencies))).join('\n');
}

const checks = { types: checkTypes, lint: checkLint, floors: checkHouse };
for (const [name, check] of Object.entries(checks)) {
  const output = check();
  console.log(output === '' ? `${name}: ok` : `${name}: failed\n${output.trimEnd()}`);
  if (output !== '') process.exitCode = 1;
}

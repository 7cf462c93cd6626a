/** Who may import whom: the house rules of docs/architecture.md, and that no circle exists. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { type Scan, scan } from './imports.ts';

/** Repository-relative path → content. */
export type Sources = ReadonlyMap<string, string>;

const AREAS = ['src', 'workers', 'dashboard', 'cli', 'standins', 'demo', 'bench', 'test'];
const HARD_LINES = 300;
const SOFT_LINES = 200;

const ADAPTER = /^src\/(db|google|oauth|stripe|mailjet|discovery)\//;
const CORE = /^src\/core\//;
const CONFIG = /^src\/config[\w-]*\.ts$/;
/** Files that wire the others together. They may import everything that is not a test. */
const WIRING = /^(?:workers\/(?:main|rotate-keys)\.ts|src\/(?:start|migrate|local)\.ts|demo\/|bench\/)/;
const ENTRY_POINTS =
  /^(?:cli\/main\.ts|src\/(?:main|start|migrate)\.ts|workers\/(?:main|rotate-keys)\.ts|(?:demo|bench)\/[\w-]+\.ts)$/;

/** The first rule whose `from` matches decides. */
const FLOORS: readonly { readonly from: RegExp; readonly to: readonly RegExp[] }[] = [
  { from: /^test\//, to: [/^/] },
  { from: WIRING, to: [/^(?!test\/)/] },
  { from: CORE, to: [CORE] },
  { from: /^src\/http\//, to: [/^src\/http\//, CORE, ADAPTER, /^src\/(seal|log)\.ts$/, CONFIG] },
  { from: /^src\/main\.ts$/, to: [/^src\/(?!start\.ts|keys\.ts)/] },
  ...['db', 'google', 'oauth', 'stripe', 'mailjet', 'discovery'].map((name) => ({
    from: new RegExp(`^src/${name}/`),
    to: [CORE, new RegExp(`^src/${name}/`)],
  })),
  { from: /^src\/[\w-]+\.ts$/, to: [CORE, /^src\/(log|seal)\.ts$/, CONFIG] },
  { from: /^workers\/jobs\//, to: [/^workers\//, CORE, ADAPTER, /^src\/(log|seal)\.ts$/, CONFIG] },
  { from: /^workers\/unseal\.ts$/, to: [/^workers\//, CORE, /^src\/seal\.ts$/] },
  { from: /^workers\//, to: [/^workers\/(?!main\.ts|jobs\/)/, CORE, /^src\/log\.ts$/] },
  { from: /^dashboard\//, to: [/^dashboard\//, /^src\/http\/api\.ts$/] },
  { from: /^cli\//, to: [/^cli\//, /^src\/http\/api\.ts$/] },
  { from: /^standins\//, to: [/^standins\//, CORE] },
];

/** npm packages that belong to some files only. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  express: /^(src\/http\/|src\/main\.ts$)/,
  pg: /^src\/db\//,
  imapflow: /^(workers\/sources\/imap\.ts$|bench\/)/,
};
const PURE_BUILTINS = /^node:(crypto|util|buffer)$/;

export const readSources = (root: string): Sources =>
  new Map(
    globSync(`{${AREAS.join(',')}}/**/*.{ts,tsx}`, { cwd: root, exclude: ['**/node_modules/**'] })
      .sort()
      .map((path) => [path, readFileSync(join(root, path), 'utf8')]),
  );

/** One line for everything that is wrong. `dependencies`: what is installed in production. */
export function checkFloors(sources: Sources, dependencies: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [path, source] of sources) {
    const scanned = scan(source);
    const targets: string[] = [];
    for (const specifier of scanned.specifiers) {
      if (!specifier.startsWith('.')) {
        problems.push(...checkPackage(path, specifier, dependencies));
        continue;
      }
      const target = normalize(join(dirname(path), specifier));
      targets.push(target);
      if (!mayImport(path, target)) problems.push(`${path} must not import ${target}`);
    }
    graph.set(path, targets);
    problems.push(...checkEnvironment(path, scanned));
    const lines = source.split('\n').length - 1;
    if (lines > HARD_LINES) problems.push(`${path} has ${lines} lines; ${HARD_LINES} is the limit`);
  }
  return [...problems, ...findCircles(graph)];
}

/** Files longer than they should be, though not forbidden. */
export const longFiles = (sources: Sources): string[] =>
  [...sources]
    .map(([path, source]) => ({ path, lines: source.split('\n').length - 1 }))
    .filter(({ lines }) => lines > SOFT_LINES && lines <= HARD_LINES)
    .map(({ path, lines }) => `${path} has ${lines} lines; aim under ${SOFT_LINES}`);

function mayImport(from: string, to: string): boolean {
  const floor = FLOORS.find((candidate) => candidate.from.test(from));
  return floor?.to.some((allowed) => allowed.test(to)) ?? false;
}

function checkPackage(path: string, specifier: string, dependencies: ReadonlySet<string>): string[] {
  if (path.startsWith('test/')) return [];
  if (specifier === 'node:process') return [`${path} must not import node:process; process is global`];
  if (specifier.startsWith('node:')) {
    const pure = !CORE.test(path) || PURE_BUILTINS.test(specifier);
    return pure ? [] : [`${path} must not import ${specifier}: the core does no I/O`];
  }
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  if (CORE.test(path)) return [`${path} must not import ${name}: the core has no packages`];
  if (PACKAGES[name] && !PACKAGES[name].test(path)) return [`${path} must not import ${name}`];
  if (/^(src|workers)\//.test(path) && !dependencies.has(name)) {
    return [`${path} imports ${name}, which is not among the dependencies of package.json`];
  }
  return [];
}

function checkEnvironment(path: string, scanned: Scan): string[] {
  if (path.startsWith('test/')) return [];
  const problems: string[] = [];
  if (scanned.computed > 0) problems.push(`${path} imports something computed, which cannot be checked`);
  const allowed = ENTRY_POINTS.test(path) ? scanned.envReads : 0;
  if (scanned.envUses > allowed) problems.push(`${path} must not read process.env; src/config.ts does`);
  return problems;
}

/** Each circle once, as a path that ends where it begins. Depth first; type imports count. */
export function findCircles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    const seenAt = trail.indexOf(path);
    if (seenAt >= 0) circles.push(`circle: ${[...trail.slice(seenAt), path].join(' → ')}`);
    if (seenAt >= 0 || done.has(path)) return;
    trail.push(path);
    for (const target of graph.get(path) ?? []) visit(target);
    trail.pop();
    done.add(path);
  };
  for (const path of graph.keys()) visit(path);
  return circles;
}

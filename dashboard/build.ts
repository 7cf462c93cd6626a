/**
 * `npm run build`: the dashboard, built into dashboard/dist with each file compressed beside itself. Does nothing when
 * what is there was built from the same sources, so that starting the service can always ask for it.
 */
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  globSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const ROOT = new URL('..', import.meta.url).pathname;
const DIST = join(ROOT, 'dashboard/dist');
const STAMP = 'sources.sha256';
const KEPT_MS = 3_600_000;
const SOURCES = [
  'dashboard/**/*.{ts,tsx,css}',
  'src/http/{api,host}.ts',
  'src/http/contract/*.ts',
  'src/http/pages/*.ts',
  'src/core/*.ts',
  'package-lock.json',
];

const wanted = hashSources();
if (wanted !== builtFrom()) await build();

function hashSources(): string {
  const hash = createHash('sha256');
  const paths = globSync(SOURCES, { cwd: ROOT, exclude: ['dashboard/dist*/**'] }).sort();
  for (const path of paths) hash.update(`${path}\0`).update(readFileSync(join(ROOT, path)));
  return hash.digest('hex');
}

function builtFrom(): string | null {
  try {
    return readFileSync(join(DIST, STAMP), 'utf8');
  } catch {
    return null;
  }
}

/** Beside the old one, which it then replaces whole: somebody may be reading that. */
async function build(): Promise<void> {
  const vite = await import('vite').catch(() => null);
  if (vite === null) {
    console.error(
      'The dashboard is not built, and what builds it is not installed: npm ci, then npm run build.',
    );
    process.exit(builtFrom() === null ? 1 : 0);
  }
  const { default: react } = await import('@vitejs/plugin-react');
  const { default: tailwind } = await import('@tailwindcss/vite');
  const fresh = `${DIST}-${process.pid}`;
  try {
    await vite.build({
      configFile: false,
      root: join(ROOT, 'dashboard'),
      logLevel: 'warn',
      plugins: [react(), tailwind()],
      build: {
        outDir: fresh,
        emptyOutDir: true,
        manifest: 'manifest.json',
        modulePreload: { polyfill: false },
        // Nothing is inlined: the content security policy allows no data: scripts or styles.
        assetsInlineLimit: 0,
        target: 'es2023',
        rolldownOptions: { input: join(ROOT, 'dashboard/main.tsx') },
      },
    });
    compress(join(fresh, 'assets'));
    keepRecent(join(DIST, 'assets'), join(fresh, 'assets'));
    writeFileSync(join(fresh, STAMP), wanted);
    replace(fresh);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** What pages that are open now may still ask for: files of the builds of the last hour. */
function keepRecent(old: string, fresh: string): void {
  if (!existsSync(old)) return;
  for (const name of readdirSync(old)) {
    const { mtimeMs } = statSync(join(old, name));
    if (Date.now() - mtimeMs > KEPT_MS || existsSync(join(fresh, name))) continue;
    cpSync(join(old, name), join(fresh, name), { preserveTimestamps: true });
  }
}

/** Throws unless `fresh`, or what another build made of the same sources meanwhile, is in place. */
function replace(fresh: string): void {
  const old = `${fresh}-old`;
  try {
    if (builtFrom() !== null) renameSync(DIST, old);
    renameSync(fresh, DIST);
  } catch (error) {
    if (builtFrom() !== wanted) throw error;
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}

function compress(dir: string): void {
  for (const name of readdirSync(dir).filter((each) => /\.(js|css|svg)$/.test(each))) {
    const bytes = readFileSync(join(dir, name));
    writeFileSync(join(dir, `${name}.gz`), gzipSync(bytes, { level: 9 }));
    writeFileSync(join(dir, `${name}.br`), brotliCompressSync(bytes));
  }
}

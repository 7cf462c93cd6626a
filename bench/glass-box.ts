/**
 * `node bench/glass-box.ts [entries]`: how soon the landing and the Glass Box are of use in a real Chromium, and what the
 * first load transfers. One user with 1,000,000 entries over half a year; cold caches, the median of five loads.
 */
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { seedAuditLog } from './audit-seed.ts';
import { startWholeService } from './whole-service.ts';

const ENTRIES = Number(process.argv[2] ?? 1_000_000);
const LOADS = 5;
/** Chromium's own measure of a middling phone against this machine. */
const SLOWDOWN = 4;
/** Without a long task: then the page answers at once. */
const QUIET_MS = 500;

interface Load {
  /** ms from the start of the navigation. */
  readonly ready: number;
  readonly paths: readonly string[];
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/**
 * Interactive: what the page is for is there, and since then the main thread has had half a second without a long task; the end of
 * the last one counts (https://web.dev/articles/tti, without its wait for a quiet network: a page that is live is never quiet).
 */
async function load(
  browser: Browser,
  url: string,
  cookie: string | null,
  sign: string,
  slowdown: number,
): Promise<Load> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  if (cookie) await context.addCookies([{ name: 'smtp-sync-session', value: cookie, url }]);
  const page = await context.newPage();
  const paths: string[] = [];
  page.on('request', (request) =>
    paths.push(new URL(request.url()).pathname + new URL(request.url()).search),
  );
  await page.addInitScript(measure(sign));
  const session = await context.newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  await page.goto(url, { waitUntil: 'commit' });
  const ready = await page.evaluate<number>('window.interactive');
  await context.close();
  return { ready, paths };
}

/** Runs before the page's own scripts; `window.interactive` is when, in ms. */
const measure = (sign: string): string => `
  let lastLong = 0;
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) lastLong = startTime + duration;
  }).observe({ type: 'longtask', buffered: true });
  window.interactive = new Promise((resolve) => {
    let there;
    const look = () => {
      if (there === undefined && ${sign}) there = performance.now();
      const since = Math.max(there ?? Infinity, lastLong);
      if (performance.now() - since > ${QUIET_MS}) resolve(since);
      else requestAnimationFrame(look);
    };
    look();
  });`;

/** Bytes on the wire for the body of one answer, compressed by gzip where the server does. */
async function gzipBytes(url: string, cookie: string | null): Promise<number> {
  const headers = { 'accept-encoding': 'gzip', ...(cookie && { cookie: `smtp-sync-session=${cookie}` }) };
  const request = get(url, { headers });
  const [response] = await once(request, 'response');
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await once(response, 'end');
  return bytes;
}

async function report(
  browser: Browser,
  name: string,
  url: string,
  cookie: string | null,
  sign: string,
): Promise<void> {
  for (const slowdown of [1, SLOWDOWN]) {
    const loads: Load[] = [];
    for (let n = 0; n < LOADS; n += 1) loads.push(await load(browser, url, cookie, sign, slowdown));
    const ms = median(loads.map(({ ready }) => ready));
    console.log(
      `${name}: interactive after ${Math.round(ms)} ms${slowdown > 1 ? `, CPU ${slowdown}× slower` : ''}`,
    );
    if (slowdown > 1) continue;
    const sizes = new Map<string, number>();
    for (const path of new Set(loads[0]?.paths.filter((each) => !each.startsWith('/api/v1/events'))))
      sizes.set(path, await gzipBytes(new URL(path, url).href, cookie));
    const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    console.log(`${name}: first load ${(total / 1000).toFixed(1)} kB (gzip) in ${sizes.size} answers`);
    for (const [path, size] of sizes) console.log(`    ${(size / 1000).toFixed(1).padStart(7)} kB  ${path}`);
  }
}

async function time(what: string, url: string, cookie: string): Promise<void> {
  const start = performance.now();
  await gzipBytes(url, cookie);
  console.log(`${what}: ${(performance.now() - start).toFixed(0)} ms`);
}

const dir = mkdtempSync(join(tmpdir(), 'smtp-sync-bench-'));
// PostgreSQL runs under an account of its own when this is root, and must be able to get there.
chmodSync(dir, 0o755);
const service = await startWholeService(dir);
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  const cookie = await seedAuditLog(dir, ENTRIES);
  console.log(`one user, ${ENTRIES.toLocaleString('en')} entries`);
  await time('first figures, adding up the hours', `${service.url}/api/v1/audit/stats`, cookie);
  await time('figures after that', `${service.url}/api/v1/audit/stats`, cookie);
  await time('a page of 200 entries', `${service.url}/api/v1/audit?limit=200`, cookie);
  await report(browser, 'landing', `${service.url}/`, null, "document.readyState === 'complete'");
  const sign = "document.querySelector('tr[data-entry]') && document.querySelector('.uplot canvas')";
  await report(browser, 'Glass Box', `${service.url}/glass-box`, cookie, sign);
} finally {
  await browser.close();
  await service.stop();
  rmSync(dir, { recursive: true, force: true });
}

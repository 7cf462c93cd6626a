/**
 * What browser tests stand on: the whole service with its stand-ins, and a real Chromium. `openStage` once per
 * file, `stage.open` for a person with a browser of their own.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { type Authority, createAuthority } from '../../standins/authority.ts';
import { type Service, type ServiceOptions, startService, untilSome } from '../service.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SCREENSHOTS = new URL('./screenshots/', import.meta.url).pathname;
const EVERY_PICTURE = process.env.SCREENSHOTS === '1';
const WIDTHS = [390, 768, 1440] as const;
const THEMES = ['light', 'dark'] as const;
/** Machines that run this are slow at times; what does not come at all fails all the same. */
const PATIENCE_MS = 60_000;
export type Theme = (typeof THEMES)[number];

export interface Stage extends AsyncDisposable {
  readonly service: Service;
  readonly authority: Authority;
  /** A new browser profile; signs in and consents as `email` when given. Fails the test on errors in the console. */
  open(options?: { email?: string; javaScript?: boolean }): Promise<Visitor>;
  /** Starts a fresh profile without watching its console. */
  context(): Promise<BrowserContext>;
}

export interface Visitor extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the console said of errors so far, policy violations among them; reading empties it. */
  takeErrors(): string[];
  /** GET of the API with this visitor's session. */
  api<T>(path: string): Promise<T>;
}

export async function openStage(
  options: Omit<ServiceOptions, 'authority'> & { authority?: Authority } = {},
): Promise<Stage> {
  const authority = options.authority ?? (await createAuthority());
  const service = await startService({ ...options, authority });
  const browser = await launch().catch(async (error: unknown) => {
    await service.stop();
    throw error;
  });
  return {
    service,
    authority,
    open: (wanted) => openVisitor(browser, service, wanted),
    context: () => browser.newContext({ baseURL: service.url }),
    [Symbol.asyncDispose]: async () => {
      await browser.close();
      await service.stop();
    },
  };
}

const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    // Root has no sandbox of Chromium's; the pages are ours.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  });

async function openVisitor(
  browser: Browser,
  service: Service,
  { email, javaScript = true }: { email?: string; javaScript?: boolean } = {},
): Promise<Visitor> {
  const context = await browser.newContext({ baseURL: service.url, javaScriptEnabled: javaScript });
  context.setDefaultTimeout(PATIENCE_MS);
  if (email !== undefined) await signIn(context, service, email);
  const page = await context.newPage();
  let errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => errors.push(error.message));
  const takeErrors = () => {
    const taken = errors;
    errors = [];
    return taken;
  };
  return {
    page,
    context,
    takeErrors,
    api: async <T>(path: string): Promise<T> => {
      const response = await context.request.get(path);
      assert.equal(response.status(), 200, `GET ${path}`);
      return (await response.json()) as T;
    },
    [Symbol.asyncDispose]: async () => {
      await context.close();
      assert.deepEqual(takeErrors(), [], 'the console had errors');
    },
  };
}

/** Without drawing a page: the cookies of a person who has gone through Google's consent. */
async function signIn(context: BrowserContext, service: Service, email: string): Promise<void> {
  const browser = service.browser();
  await browser.signIn(email);
  await context.addCookies(
    [...browser.cookies].map(([name, value]) => ({
      name,
      value,
      url: service.url,
      sameSite: 'Lax' as const,
    })),
  );
}

/** Asserts that what is read becomes `wanted`; a page has drawn what it was told a moment later. */
export async function eventually<T>(read: () => Promise<T>, wanted: T, message?: string): Promise<void> {
  let seen: T | undefined;
  const same = async () => {
    seen = await read();
    return isDeepStrictEqual(seen, wanted) || null;
  };
  await untilSome(same, PATIENCE_MS).catch((error: unknown) => {
    assert.deepEqual(seen, wanted, message);
    throw error;
  });
}

/** Asserts that axe (WCAG 2.2 AA) finds nothing wrong with the page as it is, in both themes. */
export async function assertAccessible(page: Page): Promise<void> {
  // By the debugger: the page's own policy allows no foreign script.
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(`${AXE}; undefined`);
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    const found = await page.evaluate(
      `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
        .then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map((n) => n.html + ' ' + n.failureSummary) })))`,
    );
    assert.deepEqual(found, [], `axe, ${theme}`);
  }
}

/**
 * Pictures of the page as it is into test/dashboard/screenshots/, at three widths: each in one theme, or with SCREENSHOTS=1
 * in both. Fails where the page is wider than the window.
 */
export async function takeScreenshots(
  page: Page,
  name: string,
  { fullPage = true }: { fullPage?: boolean } = {},
): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const before = page.viewportSize();
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    for (const [index, width] of WIDTHS.entries()) {
      if (!EVERY_PICTURE && THEMES[index % THEMES.length] !== theme) continue;
      await page.setViewportSize({ width, height: 900 });
      // What is drawn to measure (a chart, say) follows the window a moment later.
      await eventually(
        async () => Math.max(width, await page.evaluate<number>('document.documentElement.scrollWidth')),
        width,
        `${name} is wider than the window`,
      );
      await page.screenshot({ path: `${SCREENSHOTS}${name}-${width}-${theme}.png`, fullPage });
    }
  }
  if (before) await page.setViewportSize(before);
}

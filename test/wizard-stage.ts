/** The wizard's calls over real HTTP, and a worker's jobs in this process over a mail server that is played. */
import assert from 'node:assert/strict';
import type { SourceProblem } from '../src/core/disposal.ts';
import { Fault } from '../src/core/fault.ts';
import type { Credentials, MailboxOptions } from '../src/core/mailbox.ts';
import { keyOf, type Listed } from '../src/core/message.ts';
import type { History, Source } from '../src/core/ports.ts';
import type { Amount, OpenSurvey, ProbeStep, Survey } from '../src/core/survey.ts';
import { type JobQueue, openQueue } from '../src/db/queue.ts';
import type { Mailbox, ProbeReportView } from '../src/http/api.ts';
import { probeReportSchema } from '../src/http/api.ts';
import { createLog } from '../src/log.ts';
import { preview } from '../workers/jobs/preview.ts';
import { probe } from '../workers/jobs/probe.ts';
import { createUnseal } from '../workers/unseal.ts';
import type { Browser } from './browser.ts';
import type { Scope } from './database.ts';
import { MAILBOX, startWeb, type Web } from './http.ts';

export const DRAFT = { ...MAILBOX, start: false } as const;
export const FOLDER = 'canary-77a2 <script>alert(1)</script>';

export const SURVEY: Survey = {
  folders: [
    { path: 'INBOX', specialUse: 'inbox', aside: false, messages: 12, bytes: 345 },
    { path: FOLDER, specialUse: null, aside: false, messages: null, bytes: null },
  ],
  idle: true,
  uidl: true,
};

/** A server: what it does at each step, and what it was asked to count. */
export interface Play {
  told?: (step: ProbeStep, credentials: Credentials) => Promise<void>;
  /** Absent: it has no such folder. */
  amount?: Amount;
  /** What the server lacks. */
  problem?: SourceProblem;
  /** Messages that a listing shows as unsettled. */
  left?: number;
  readonly measured: { chosen: MailboxOptions['folders']; history: History }[];
}

export interface WizardStage {
  readonly web: Web;
  readonly play: Play;
  /** Everything that the worker logged. */
  logged(): string;
}

export async function openWizardStage(scope: Scope): Promise<WizardStage> {
  let queue: JobQueue | undefined;
  // Hooks run in the order they are given: this one before that of the database.
  scope.after(async () => queue?.stop());
  const web = await startWeb(scope, { discoverWaitMs: 20_000 });
  const play: Play = { measured: [] };
  const lines: string[] = [];
  const db = await web.test.open('worker');
  const deps = {
    db,
    log: createLog({ level: 'debug', name: 'worker', destination: { write: (line) => lines.push(line) } }),
    clock: { now: Date.now, sleep: () => Promise.reject(new Error('nothing waits here')) },
    unseal: createUnseal(web.unsealKeys.split(',')),
    sourceTokens: { take: async () => 'access-token' },
    pace: { importsPerMinute: 240, bytesPerDay: 400_000_000 },
    openSurvey: openSurveyOf(play),
  };
  const ignore = async () => {};
  queue = await openQueue(db, {
    onError: (error) => assert.fail(String(error)),
    handlers: {
      probe: (job, signal) => probe(job, deps, signal),
      deliver: async () => {},
      preview: (job, signal) => preview(job, deps, signal),
      revoke: ignore,
      discover: ignore,
      endCustomer: ignore,
      notify: ignore,
      sweep: ignore,
    },
  });
  return { web, play, logged: () => lines.join('') };
}

const openSurveyOf =
  (play: Play): OpenSurvey =>
  async (_server, credentials, _signal, told) => {
    for (const step of ['resolve', 'connect', 'login', 'folders'] as const) {
      told?.(step);
      if (told) await play.told?.(step, credentials);
    }
    return {
      source: sourceOf(play),
      obstacle: async () => play.problem ?? null,
      survey: async () => SURVEY,
      measure: async (chosen, history) => {
        play.measured.push({ chosen, history });
        if (!play.amount) throw new Fault('folder-missing');
        return play.amount;
      },
    };
  };

const sourceOf = (play: Play): Source => ({
  folders: async () => [{ name: 'INBOX', use: 'inbox', path: ['INBOX'] }],
  count: async () => 0,
  ids: () => assert.fail(),
  list: async (folder, cursor) => {
    assert.equal(folder, 'INBOX');
    assert.ok(cursor, 'known books are asked with');
    return { cursor, renumbered: false, messages: Array.from({ length: play.left ?? 0 }, listedOf) };
  },
  fetch: () => assert.fail(),
  dispose: () => assert.fail(),
  watch: () => assert.fail(),
  close: async () => {},
});

function listedOf(_: unknown, at: number): Listed {
  const ref = { protocol: 'imap', folder: 'INBOX', uidValidity: 1, uid: at + 1 } as const;
  return { ref, key: keyOf(ref), size: null, arrivedAt: null, backlog: true };
}

export const create = (browser: Browser, body: object = DRAFT) =>
  browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body });
export const post = (browser: Browser, path: string, body: object = {}) =>
  browser.send('POST', path, { body });
export const readProbe = async (browser: Browser, id: string): Promise<ProbeReportView> =>
  probeReportSchema.parse(await browser.json('GET', `/api/v1/mailboxes/${id}/probe`, 200));
/** The states of all steps, in order. */
export const statesOf = (report: ProbeReportView): string => report.steps.map(({ state }) => state).join(' ');

/** Asks until the test is over. */
export async function untilProbed(browser: Browser, id: string): Promise<Mailbox> {
  for (;;) {
    const mailbox = await browser.json<Mailbox>('GET', `/api/v1/mailboxes/${id}`, 200);
    if (mailbox.state !== 'probing') return mailbox;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

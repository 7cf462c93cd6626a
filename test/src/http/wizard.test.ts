/** Connecting step by step: drafts, the report of their test, and what a choice would import. */
import assert from 'node:assert/strict';
import * as test from 'node:test';
import { Fault } from '../../../src/core/fault.ts';
import type { Credentials, MailboxOptions } from '../../../src/core/mailbox.ts';
import type { History } from '../../../src/core/ports.ts';
import type { Amount, ProbeStep, Survey } from '../../../src/core/survey.ts';
import { openQueue } from '../../../src/db/queue.ts';
import { sweepExpired } from '../../../src/db/sweep.ts';
import type { Mailbox, ProbeReportView } from '../../../src/http/api.ts';
import { previewAnswerSchema, probeReportSchema } from '../../../src/http/api.ts';
import { createLog } from '../../../src/log.ts';
import { preview } from '../../../workers/jobs/preview.ts';
import { probe } from '../../../workers/jobs/probe.ts';
import { createUnseal } from '../../../workers/unseal.ts';
import type { Browser } from '../../browser.ts';
import { MAILBOX, sessionFor, startWeb } from '../../http.ts';

const web = await startWeb(test, { discoverWaitMs: 20_000 });
const DRAFT = { ...MAILBOX, start: false } as const;
const FOLDER = 'canary-77a2 <script>alert(1)</script>';

const SURVEY: Survey = {
  folders: [
    { path: 'INBOX', specialUse: 'inbox', aside: false, messages: 12, bytes: 345 },
    { path: FOLDER, specialUse: null, aside: false, messages: null, bytes: null },
  ],
  idle: true,
  uidl: true,
};

/** A server: what it does at each step, and what it was asked to count. */
interface Play {
  told?: (step: ProbeStep, credentials: Credentials) => Promise<void>;
  amount?: Amount;
  readonly measured: { chosen: MailboxOptions['folders']; history: History }[];
}

const play: Play = { measured: [] };
const lines: string[] = [];

/** A worker's jobs in this process, over `play` instead of a mail server. */
async function startWorker(): Promise<void> {
  const db = await web.test.open('worker');
  const log = createLog({
    level: 'debug',
    name: 'worker',
    destination: { write: (line) => lines.push(line) },
  });
  const clock = { now: Date.now, sleep: () => Promise.reject(new Error('nothing waits here')) };
  const deps = {
    db,
    log,
    clock,
    unseal: createUnseal(web.unsealKeys.split(',')),
    pace: { importsPerMinute: 240, bytesPerDay: 400_000_000 },
    openSurvey: async (
      _server: unknown,
      credentials: Credentials,
      _signal: AbortSignal,
      told?: (step: ProbeStep) => void,
    ) => {
      for (const step of ['resolve', 'connect', 'login', 'folders'] as const) {
        told?.(step);
        if (told) await play.told?.(step, credentials);
      }
      return {
        source: {
          folders: async () => ['INBOX'],
          count: async () => 0,
          ids: () => assert.fail(),
          list: () => Promise.reject(new Error('not asked for')),
          fetch: () => assert.fail(),
          watch: async () => 'unsupported' as const,
          close: async () => {},
        },
        survey: async () => SURVEY,
        measure: async (chosen: MailboxOptions['folders'], history: History) => {
          play.measured.push({ chosen, history });
          if (!play.amount) throw new Fault('folder-missing');
          return play.amount;
        },
      };
    },
  };
  const ignore = async () => {};
  const queue = await openQueue(db, {
    onError: (error) => assert.fail(String(error)),
    handlers: {
      probe: (job, signal) => probe(job, deps, signal),
      preview: (job, signal) => preview(job, deps, signal),
      revoke: ignore,
      discover: ignore,
      endCustomer: ignore,
      notify: ignore,
      sweep: ignore,
    },
  });
  test.after(() => queue.stop());
}
await startWorker();

const reports = (id: string) => web.test.asOwner('SELECT * FROM probe_reports WHERE mailbox_id = $1', [id]);
const statesOf = (report: ProbeReportView): string => report.steps.map(({ state }) => state).join(' ');
const readMailbox = (browser: Browser, id: string) =>
  browser.json<Mailbox>('GET', `/api/v1/mailboxes/${id}`, 200);
const readProbe = async (browser: Browser, id: string): Promise<ProbeReportView> =>
  probeReportSchema.parse(await browser.json('GET', `/api/v1/mailboxes/${id}/probe`, 200));
const create = (browser: Browser, body: object = DRAFT) =>
  browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body });
const post = (browser: Browser, path: string, body: object = {}) => browser.send('POST', path, { body });

async function untilProbed(browser: Browser, id: string): Promise<Mailbox> {
  for (;;) {
    const mailbox = await readMailbox(browser, id);
    if (mailbox.state !== 'probing') return mailbox;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test.beforeEach(() => {
  delete play.told;
  delete play.amount;
  play.measured.length = 0;
});

test.test('a draft is tested step by step, waits, and starts when it is resumed', async () => {
  const browser = await web.signedIn('draft');
  const seen: string[] = [];
  let id = '';
  const made = Promise.withResolvers<void>();
  play.told = async (step, credentials) => {
    assert.equal(credentials.password, MAILBOX.password);
    await made.promise;
    const wanted = ['resolve', 'connect', 'encrypt', 'login', 'folders'].indexOf(step);
    for (;;) {
      const states = statesOf(await readProbe(browser, id));
      if (states.split(' ').indexOf('running') !== wanted) continue;
      seen.push(states);
      return;
    }
  };
  const mailbox = await create(browser);
  id = mailbox.id;
  assert.equal(mailbox.state, 'probing');
  assert.equal((await readProbe(browser, id)).finished, false);
  made.resolve();
  const probed = await untilProbed(browser, id);
  assert.deepEqual([probed.state, probed.fault?.code], ['paused', 'setup-unfinished']);
  assert.equal(probed.nextSyncAt, null);
  assert.deepEqual(seen, [
    'running waiting waiting waiting waiting',
    'done running waiting waiting waiting',
    'done done done running waiting',
    'done done done done running',
  ]);
  const report = await readProbe(browser, id);
  assert.equal(statesOf(report), 'done done done done done');
  assert.deepEqual(
    [report.finished, report.unfinished, report.fault, report.capabilities],
    [true, true, null, { idle: true, uidl: true }],
  );
  assert.deepEqual(report.folders, SURVEY.folders);

  const started = await browser.json<Mailbox>('POST', `/api/v1/mailboxes/${id}/resume`, 200);
  assert.deepEqual([started.state, started.fault], ['active', null]);
  assert.ok(started.createdAt > mailbox.createdAt, 'new mail counts from the start');
  assert.deepEqual(await reports(id), []);
  const after = await readProbe(browser, id);
  assert.deepEqual(
    [statesOf(after), after.folders, after.unfinished],
    ['done done done done done', [], false],
  );
});

test.test('a draft is nobody’s to visit, whatever its test said', async () => {
  const { browser } = await sessionFor(web, 'idle');
  play.told = async (step) => {
    if (step === 'login') throw new Fault('connect-timeout');
  };
  const { id } = await create(browser, { ...DRAFT, username: 'idle' });
  await untilProbed(browser, id);
  await assert.rejects(
    web.test.asOwner("UPDATE mailboxes SET state = 'active' WHERE id = $1", [id]),
    /mailboxes_draft/,
  );
  await assert.rejects(
    web.test.asOwner("UPDATE mailboxes SET state = 'unreachable' WHERE id = $1", [id]),
    /mailboxes_draft/,
  );
  assert.equal((await post(browser, `/api/v1/mailboxes/${id}/pause`)).status, 409);
});

test.test('a test that failed says where and why; a new password is tested anew', async () => {
  const { browser } = await sessionFor(web, 'wrong');
  play.told = async (step, { password }) => {
    if (step === 'login' && password === MAILBOX.password) throw new Fault('login-refused');
  };
  const { id } = await create(browser, { ...DRAFT, username: 'wrong' });
  const failed = await untilProbed(browser, id);
  assert.deepEqual([failed.state, failed.fault?.code], ['paused', 'login-refused']);
  const report = await readProbe(browser, id);
  assert.deepEqual(
    [statesOf(report), report.fault?.code],
    ['done done done failed waiting', 'login-refused'],
  );
  assert.deepEqual([report.finished, report.unfinished, report.folders], [true, true, []]);

  // Resuming what was never found in order tests it, and starts nothing.
  const resumed = await browser.json<Mailbox>('POST', `/api/v1/mailboxes/${id}/resume`, 200);
  assert.deepEqual([resumed.state, resumed.fault], ['probing', null]);
  assert.equal((await untilProbed(browser, id)).fault?.code, 'login-refused');
  await browser.json('POST', `/api/v1/mailboxes/${id}/sync`, 200);
  assert.equal((await untilProbed(browser, id)).fault?.code, 'login-refused');

  await browser.json('PATCH', `/api/v1/mailboxes/${id}`, 200, { body: { password: 'another' } });
  assert.equal((await readProbe(browser, id)).fault, null);
  assert.equal((await untilProbed(browser, id)).fault?.code, 'setup-unfinished');
});

test.test('a fault is placed at the step it belongs to', async () => {
  const { browser } = await sessionFor(web, 'places');
  const cases = [
    ['resolve', 'address-forbidden', 'failed waiting waiting waiting waiting'],
    ['connect', 'connect-refused', 'done failed waiting waiting waiting'],
    ['connect', 'source-timeout', 'done failed waiting waiting waiting'],
    ['connect', 'certificate-invalid', 'done done failed waiting waiting'],
    ['login', 'login-disabled', 'done done done failed waiting'],
    ['folders', 'no-uidl', 'done done done done failed'],
  ] as const;
  for (const [at, code, states] of cases) {
    play.told = async (step) => {
      if (step === at) throw new Fault(code);
    };
    const { id } = await create(browser, { ...DRAFT, username: code });
    await untilProbed(browser, id);
    const report = await readProbe(browser, id);
    assert.deepEqual([statesOf(report), report.fault?.code], [states, code]);
  }
});

test.test(
  'a mailbox that starts at once keeps no report, and none is needed to tell how its test ended',
  async () => {
    const { browser } = await sessionFor(web, 'atonce');
    const { id } = await create(browser, { ...MAILBOX, username: 'atonce' });
    assert.equal((await untilProbed(browser, id)).state, 'needs-consent');
    assert.deepEqual(await reports(id), []);
    play.told = async (step) => {
      if (step === 'login') throw new Fault('login-refused');
    };
    const other = await create(browser, { ...MAILBOX, username: 'atonce2' });
    assert.equal((await untilProbed(browser, other.id)).state, 'needs-password');
    assert.deepEqual(await reports(other.id), []);
    const report = await readProbe(browser, other.id);
    assert.deepEqual([statesOf(report), report.unfinished], ['done done done failed waiting', false]);
  },
);

test.test('counts what a choice would import, and tells how long Gmail makes it take', async () => {
  const { browser } = await sessionFor(web, 'preview');
  const { id } = await create(browser, { ...DRAFT, username: 'preview' });
  await untilProbed(browser, id);
  const ask = async (body: object) =>
    previewAnswerSchema.parse(await browser.json('POST', `/api/v1/mailboxes/${id}/preview`, 200, { body }));
  play.amount = { messages: 24_001, bytes: 2_000_000_001, exact: true };
  assert.deepEqual(await ask({ history: 'all', folders: ['INBOX', FOLDER] }), {
    ...play.amount,
    days: 6,
    minutes: 101,
  });
  assert.deepEqual(play.measured, [{ chosen: ['INBOX', FOLDER], history: { kind: 'all' } }]);
  play.amount = { messages: 10, bytes: null, exact: false };
  const since = await ask({ history: 'since', since: '2026-02-01', folders: 'all' });
  assert.deepEqual(since, { messages: 10, bytes: null, exact: false, days: 1, minutes: 1 });
  assert.deepEqual(play.measured[1]?.history, { kind: 'since', from: Date.UTC(2026, 1, 1) });
  // Nobody is asked about mail that has not come yet.
  assert.deepEqual(await ask({ history: 'new', folders: 'all' }), {
    messages: 0,
    bytes: 0,
    exact: true,
    days: 0,
    minutes: 0,
  });
  assert.equal(play.measured.length, 2);

  delete play.amount;
  const failed = await post(browser, `/api/v1/mailboxes/${id}/preview`, { history: 'all', folders: 'all' });
  assert.deepEqual(
    [failed.status, await failed.json()],
    [503, { error: { code: 'count-failed', message: new Fault('folder-missing').message } }],
  );
  assert.deepEqual(await web.test.asOwner('SELECT FROM previews'), []);
  assert.deepEqual(await web.test.asOwner("SELECT FROM pgboss.job WHERE data::text LIKE '%canary%'"), []);
  assert.ok(!`${web.logged()}${lines.join('')}`.includes('canary'), 'folder names are logged nowhere');
});

test.test('refuses what makes no sense, and everything about others’ mailboxes', async () => {
  const { browser } = await sessionFor(web, 'mine');
  const { id } = await create(browser, { ...DRAFT, username: 'mine', protocol: 'pop3', port: 995 });
  await untilProbed(browser, id);
  const refused = [
    { history: 'since', folders: 'all' },
    { history: 'all', since: '2026-01-01', folders: 'all' },
    { history: 'all', folders: [] },
    { history: 'all', folders: ['Sent'] },
    { history: 'all', folders: 'all', x: 1 },
    { folders: 'all' },
  ];
  for (const body of refused)
    assert.equal((await post(browser, `/api/v1/mailboxes/${id}/preview`, body)).status, 400);
  const other = (await sessionFor(web, 'theirs')).browser;
  const all = { history: 'all', folders: 'all' };
  assert.equal((await post(other, `/api/v1/mailboxes/${id}/preview`, all)).status, 404);
  assert.equal((await other.send('GET', `/api/v1/mailboxes/${id}/probe`)).status, 404);
  // While its test runs, a mailbox has other things to do.
  const held = Promise.withResolvers<void>();
  play.told = () => held.promise;
  await browser.json('POST', `/api/v1/mailboxes/${id}/sync`, 200);
  assert.equal((await post(browser, `/api/v1/mailboxes/${id}/preview`, all)).status, 409);
  held.resolve();
  await untilProbed(browser, id);
});

test.test(
  'what was found goes with the mailbox, is in the export, and is swept when nobody goes on',
  async () => {
    const { browser } = await sessionFor(web, 'gone');
    const { id } = await create(browser, { ...DRAFT, username: 'gone' });
    await untilProbed(browser, id);
    assert.ok((await (await browser.send('GET', '/api/v1/account/export')).text()).includes('canary-77a2'));
    assert.equal((await reports(id)).length, 1);
    await browser.send('DELETE', `/api/v1/mailboxes/${id}`);
    assert.deepEqual(await reports(id), []);

    const kept = await create(browser, { ...DRAFT, username: 'kept' });
    await untilProbed(browser, kept.id);
    await web.test.asOwner("UPDATE probe_reports SET changed_at = now() - interval '8 days'");
    await sweepExpired(await web.test.open('worker'));
    assert.deepEqual(await reports(kept.id), []);
    const report = await readProbe(browser, kept.id);
    assert.deepEqual(
      [statesOf(report), report.finished, report.folders],
      ['done done done done done', true, []],
    );
  },
);

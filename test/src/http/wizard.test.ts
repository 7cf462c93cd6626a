/** Connecting step by step: drafts, and the report of their test. */
import assert from 'node:assert/strict';
import * as test from 'node:test';
import { Fault } from '../../../src/core/fault.ts';
import { sweepExpired } from '../../../src/db/sweep.ts';
import type { Mailbox } from '../../../src/http/api.ts';
import { MAILBOX, sessionFor } from '../../http.ts';
import {
  create,
  DRAFT,
  openWizardStage,
  post,
  readProbe,
  SURVEY,
  statesOf,
  untilProbed,
} from '../../wizard-stage.ts';

const { web, play } = await openWizardStage(test);
const reports = (id: string) => web.test.asOwner('SELECT * FROM probe_reports WHERE mailbox_id = $1', [id]);

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

/** Labels against the stand-in for Gmail: made once, made again, and never the end of a message. */
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { isFault } from '../../src/core/fault.ts';
import type { LabelNotes } from '../../src/core/ports.ts';
import { GMAIL_INSERT_SCOPE, GMAIL_LABELS_SCOPE } from '../../src/core/scopes.ts';
import { startGoogle } from '../../standins/google/server.ts';
import { Labels } from '../../workers/labels.ts';
import { createGmailAgent, createGmailSink } from '../../workers/sinks/gmail.ts';
import { createGmailLabels } from '../../workers/sinks/gmail-labels.ts';
import { createLabelledSink } from '../../workers/sinks/labelled.ts';
import { INBOX, makeMessage, sendAll, UNIT } from '../contract/sink.ts';

const { signal } = new AbortController();
const BOTH = [GMAIL_INSERT_SCOPE, GMAIL_LABELS_SCOPE];
const google = await startGoogle();
const agent = createGmailAgent(google.origin);
let count = 0;
let user = '';
after(async () => {
  agent.destroy();
  await google.close();
});
beforeEach(() => {
  google.order({ clear: true, quotas: {} });
  count += 1;
  user = `user${count}@example.com`;
});

interface Noted extends LabelNotes {
  readonly kept: Map<string, string>;
  missing: number;
}

function notes(kept = new Map<string, string>()): Noted {
  return {
    kept,
    missing: 0,
    load: async () => new Map(kept),
    keep: async (name, id) => void kept.set(name, id),
    forget: async (name) => void kept.delete(name),
    async noteMissing() {
      this.missing += 1;
    },
  };
}

/** One run of a mailbox. */
function run({ scopes = BOTH, noted = notes(), now = (): number => 0 } = {}) {
  const { accessToken: token } = google.grant(user, scopes);
  const gmail = { rootUrl: google.origin, accessToken: async () => token };
  const warned: unknown[] = [];
  const quiet = () => {};
  let units = 0;
  const labels = new Labels({
    client: createGmailLabels(gmail),
    notes: noted,
    clock: { now },
    log: { debug: quiet, info: quiet, error: quiet, warn: (event) => void warned.push(event) },
    mailboxId: 'a mailbox',
    spend: (more) => {
      units += more;
    },
  });
  const sink = createLabelledSink(createGmailSink({ ...gmail, agent }), labels);
  return {
    labels,
    sink,
    noted,
    warned,
    units: () => units,
    /** Sends a message; the names of its labels. */
    async send(label: string | null, seed = 'x') {
      const upload = await sink.open({ ...INBOX, label }, signal);
      await sendAll(upload, makeMessage(1_000, seed), UNIT, signal);
      const message = google.messages.at(-1);
      assert.ok(message);
      const names = google.labelsOf(message);
      const own = names.some((name) =>
        [label, `${label} (imported)`].some((wanted) => wanted?.toLowerCase() === name.toLowerCase()),
      );
      assert.equal(upload.labelled ?? false, own, `${label}: ${names}`);
      return names;
    },
  };
}

const calls = (method?: string): number =>
  google.log.filter(
    (call) =>
      call.account === user &&
      call.path.endsWith('/labels') &&
      (method === undefined || call.method === method),
  ).length;

test('a label is made once, below its parents, and the next run knows it', async () => {
  const first = run();
  assert.deepEqual(await first.send('Old mail/Work/Clients'), ['Old mail/Work/Clients']);
  assert.deepEqual(await first.send('Old mail/Work/Clients'), ['Old mail/Work/Clients']);
  assert.deepEqual(await first.send('Old mail'), ['Old mail']);
  assert.deepEqual(await first.send(null), []);
  assert.deepEqual(google.labels(user), ['Old mail', 'Old mail/Work', 'Old mail/Work/Clients']);
  assert.equal(calls('POST'), 3);
  assert.equal(calls('GET'), 1);
  assert.equal(first.units(), 16);
  const before = calls();
  assert.deepEqual(await run({ noted: notes(first.noted.kept) }).send('Old mail/Work'), ['Old mail/Work']);
  assert.equal(calls(), before);
});

test('a label that is there already is used, whatever its case', async () => {
  await run().send('Family');
  assert.deepEqual(await run().send('FAMILY/Ada'), ['FAMILY/Ada']);
  assert.deepEqual(await run().send('family'), ['Family']);
  assert.equal(calls('POST'), 2);
});

test('a label that its owner deleted is made again, and the message arrives with it', async () => {
  const one = run();
  await one.send('Old mail/Work');
  google.deleteLabel(user, 'Old mail/Work');
  const other = run({ noted: notes(one.noted.kept) });
  assert.deepEqual(await other.send('Old mail/Work'), ['Old mail/Work']);
  google.deleteLabel(user, 'Old mail');
  google.deleteLabel(user, 'Old mail/Work');
  assert.deepEqual(await run({ noted: notes(one.noted.kept) }).send('Old mail/Work'), ['Old mail/Work']);
  assert.deepEqual(google.labels(user).toSorted(), ['Old mail', 'Old mail/Work']);
});

test('one that is deleted again and again is given up for an hour, and the messages go without', async () => {
  let now = 0;
  const one = run({ now: () => now });
  for (let round = 0; round < 4; round += 1) {
    await one.send('Fickle', `fickle ${round}`);
    if (google.labels(user).includes('Fickle')) google.deleteLabel(user, 'Fickle');
  }
  assert.equal(calls('POST'), 2);
  assert.deepEqual(await one.send('Fickle'), []);
  now += 3_600_000;
  assert.deepEqual(await one.send('Fickle'), ['Fickle']);
});

test('Gmail minds the label whatever it is: the message is opened without it', async () => {
  const one = run();
  await one.send('Old mail');
  for (const message of ['Bad Request', 'labelId not found', 'Invalid label: Label_1']) {
    const status = { kind: 'status', status: 400, reason: 'invalidArgument', message } as const;
    google.order({ rules: [{ at: 'open', action: status, times: 2 }] });
    assert.deepEqual(await run({ noted: notes(one.noted.kept) }).send('Old mail'), []);
  }
});

test('one that is deleted while its message is on its way: said as such, and forgotten', async () => {
  const one = run();
  const upload = await one.sink.open({ ...INBOX, label: 'Old mail' }, signal);
  google.deleteLabel(user, 'Old mail');
  const before = google.messages.length;
  await assert.rejects(sendAll(upload, makeMessage(1_000), UNIT, signal), (error) =>
    isFault(error, 'label-refused'),
  );
  await assert.rejects(one.sink.resume(upload.uri).status(1_000, signal), (error) =>
    isFault(error, 'label-refused'),
  );
  assert.equal(google.messages.length, before);
  assert.equal(one.noted.kept.has('Old mail'), false);
  assert.deepEqual(await one.send('Old mail'), ['Old mail']);
});

test('without the permission mail arrives without labels, Gmail is asked no more, and it is noted', async () => {
  const one = run({ scopes: [GMAIL_INSERT_SCOPE] });
  assert.deepEqual(await one.send('Old mail'), []);
  assert.deepEqual(await one.send('Another'), []);
  assert.equal(calls(), 2, 'with a new token, too');
  assert.equal(one.noted.missing, 1);
  assert.deepEqual(one.warned, ['no labels']);
});

test('a token from before the permission was given is replaced', async () => {
  const before = google.grant(user, [GMAIL_INSERT_SCOPE]).accessToken;
  const { accessToken: since } = google.grant(user, BOTH);
  const asked: boolean[] = [];
  const client = createGmailLabels({
    rootUrl: google.origin,
    accessToken: async (_, refresh = false) => {
      asked.push(refresh);
      return asked.includes(true) ? since : before;
    },
  });
  assert.equal((await client.list(signal)).size, 0);
  assert.deepEqual(asked, [false, true]);
});

test('names that Gmail keeps for itself get a suffix; others that it refuses, the label above', async () => {
  assert.deepEqual(await run().send('Gearchiveerd'), ['Gearchiveerd (imported)']);
  assert.deepEqual(await run().send('Gearchiveerd'), ['Gearchiveerd (imported)']);
  assert.deepEqual(google.labels(user), ['Gearchiveerd (imported)']);
  const one = run();
  await one.send('Old mail');
  const refusal = { kind: 'status', status: 400, reason: 'invalidArgument', message: 'No' } as const;
  google.order({ rules: [{ at: 'labels', action: refusal, skip: 0, times: 2 }] });
  assert.deepEqual(await one.send('Old mail/Strange'), ['Old mail']);
  assert.deepEqual(await one.send('Old mail/Strange'), ['Old mail'], 'not asked for again in this run');
});

test('two at once make one label, in one mailbox or in two', async () => {
  const [one, two] = [run(), run()];
  const all = ['Shared/A', 'Shared/B', 'Shared/A', 'Shared/B', 'Shared/A'];
  const ids = await Promise.all(
    [one, two].flatMap(({ labels }) => all.map((name) => labels.idOf(name, signal))),
  );
  assert.ok(ids.every((id) => id !== null));
  assert.equal(new Set(ids).size, 2);
  assert.deepEqual(google.labels(user).toSorted(), ['Shared', 'Shared/A', 'Shared/B']);
});

test('a server with folders without end gets 500 labels, and the rest the label above', async () => {
  const one = run();
  for (let folder = 0; folder < 700; folder += 1) await one.labels.idOf(`Old mail/${folder}`, signal);
  assert.equal(google.labels(user).length, 500);
  assert.deepEqual(await one.send('Old mail/699'), ['Old mail']);
  const again = run({ noted: notes(one.noted.kept) });
  assert.deepEqual(await again.send('Old mail/new'), ['Old mail']);
  assert.deepEqual(await again.send('Old mail/7'), ['Old mail/7']);
  assert.deepEqual(await again.send('elsewhere'), []);
  assert.equal(google.labels(user).length, 500);
});

test('names that are all refused are not tried without end', async () => {
  const one = run();
  await one.labels.idOf('Old mail', signal);
  const before = calls('POST');
  for (let folder = 0; folder < 200; folder += 1) await one.labels.idOf(`${folder}^`, signal);
  assert.equal(calls('POST') - before, 20);
});

test('trouble at Gmail’s labels keeps no mail waiting; a request to slow down does, as for all mail', async () => {
  let now = 0;
  const one = run({ now: () => now });
  for (const action of [
    { kind: 'status', status: 503 },
    { kind: 'drop-after' },
    { kind: 'truncate' },
    { kind: 'body', body: '{"labels":7}' },
  ] as const) {
    google.order({ rules: [{ at: 'labels', action }] });
    assert.deepEqual(await one.send('Old mail'), [], action.kind);
    assert.deepEqual(await one.send('Old mail'), [], 'a minute without asking');
    now += 60_001;
  }
  assert.deepEqual(await one.send('Old mail'), ['Old mail']);
  const slow = { kind: 'status', status: 429, reason: 'rateLimitExceeded', message: 'Slow' } as const;
  google.order({ rules: [{ at: 'labels', action: slow }] });
  await assert.rejects(run().send('New'), (error) => isFault(error, 'gmail-rate-limited'));
});

test('users with the same names have labels of their own', async () => {
  await run().send('Old mail');
  const one = user;
  user = 'other@example.com';
  assert.deepEqual(await run().send('Old mail'), ['Old mail']);
  assert.deepEqual([google.labels(one), google.labels(user)], [['Old mail'], ['Old mail']]);
});

test('the list of somebody with thousands of labels is read, in full', async () => {
  const { accessToken } = google.grant(user, BOTH);
  const names = Array.from({ length: 1500 }, (_, at) => `${'n'.repeat(200)} ${at}`);
  for (const name of names)
    await fetch(`${google.origin}/gmail/v1/users/me/labels`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${accessToken}` },
      body: JSON.stringify({ name }),
    });
  const last = names.at(-1) ?? '';
  const before = calls('POST');
  assert.deepEqual(await run().send(last), [last]);
  assert.equal(calls('POST'), before);
});

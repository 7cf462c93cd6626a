/** Visits to a mailbox whose source, Gmail or owner makes trouble: what goes on record and when it is tried again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addUids } from '../../src/core/cursor.ts';
import { Fault, type FaultCode } from '../../src/core/fault.ts';
import { MAX_TRIES, messageBackoff } from '../../src/core/schedule.ts';
import { type Circumstances, createWorld, live, type World } from '../engine.ts';
import { Mortality, sha256 } from '../gmail-model.ts';

const message = (name: string): Buffer =>
  Buffer.from(`From: a@example.com\r\nMessage-ID: <${name}@example.com>\r\n\r\n${name}`);

const worldOf = (...names: string[]): World => createWorld(names.map(message));
const life = (world: World, different: Circumstances = {}) => live(world, new Mortality(0), different);

const arrived = (world: World, ...names: string[]): void =>
  assert.deepEqual([...world.gmail.imported].sort(), names.map((name) => sha256(message(name))).sort());

const audit = (world: World) =>
  world.books.audit.map(({ ref, status, reason }) => [ref.protocol === 'imap' ? ref.uid : 0, status, reason]);

const notDelivered = (world: World) => audit(world).filter(([, status]) => status !== 'delivered');

/** Serves `uid` as a body that breaks off with `code`, the first `times` times. */
function breakOff(world: World, uid: number, code: FaultCode, times: number): { tries: number } {
  const { serve } = world;
  const seen = { tries: 0 };
  async function* broken(bytes: Buffer): AsyncGenerator<Uint8Array> {
    seen.tries += 1;
    yield Uint8Array.from(bytes.subarray(0, 10));
    throw new Fault(code);
  }
  world.serve = (at, bytes) => (at === uid && seen.tries < times ? broken(bytes) : serve(at, bytes));
  return seen;
}

test('a message that fails once is passed by its neighbours, tried again in its own time, and arrives', async () => {
  const world = worldOf('1', '2', '3', '4', '5', '6');
  breakOff(world, 5, 'message-truncated', 1);
  const verdict = await life(world);
  arrived(world, '1', '2', '3', '4', '6');
  assert.equal(verdict?.faultCode, null);
  assert.equal(verdict?.nextRunAt, world.now + messageBackoff(1), 'comes back for it');
  await life(world);
  arrived(world, '1', '2', '3', '4', '6');
  world.now += messageBackoff(1);
  await life(world);
  arrived(world, '1', '2', '3', '4', '5', '6');
  assert.deepEqual(notDelivered(world), []);
});

test('a message that is always truncated is tried with growing pauses, then given up; its neighbours arrive', async () => {
  const world = worldOf('1', '2', '3');
  const seen = breakOff(world, 2, 'message-truncated', Number.POSITIVE_INFINITY);
  const pauses: number[] = [];
  while (world.books.transfers.size > 0 || seen.tries === 0) {
    await life(world);
    arrived(world, '1', '3');
    for (const { retryAt } of world.books.transfers.values()) {
      pauses.push(retryAt - world.now);
      world.now = retryAt;
    }
  }
  assert.equal(seen.tries, MAX_TRIES);
  assert.deepEqual(
    pauses,
    Array.from({ length: MAX_TRIES - 1 }, (_, i) => messageBackoff(i + 1)),
  );
  assert.deepEqual(notDelivered(world), [[2, 'failed', 'message-truncated']]);
  await life(world);
  assert.equal(seen.tries, MAX_TRIES, 'given up for good');
});

test('a message that Gmail refuses goes on record with the reason and blocks nobody', async () => {
  for (const code of ['from-header-invalid', 'message-refused'] as const) {
    const world = worldOf('1', '2', '3');
    world.gmail.refuse = (bytes) => (sha256(bytes) === sha256(message('2')) ? new Fault(code) : null);
    assert.equal((await life(world))?.faultCode, null);
    arrived(world, '1', '3');
    assert.deepEqual(notDelivered(world), [[2, 'rejected', code]]);
    assert.equal(world.books.audit.find(({ status }) => status === 'rejected')?.senderDomain, 'example.com');
    world.now += 1_000_000;
    await life(world);
    assert.equal(world.books.audit.length, 3, 'not tried again');
  }
});

test('Bad Request after other trouble is tried once more before the message is rejected', async () => {
  for (const bad of [1, 2]) {
    const world = worldOf('1', '2');
    breakOff(world, 1, 'message-truncated', 1);
    let refusals = 0;
    world.gmail.refuse = (bytes) => {
      if (sha256(bytes) !== sha256(message('1')) || refusals === bad) return null;
      refusals += 1;
      return new Fault('upload-bad-request');
    };
    for (let visits = 0; visits === 0 || world.books.transfers.size > 0; visits += 1) {
      await life(world);
      world.now += 20_000;
    }
    if (bad === 1) arrived(world, '1', '2');
    else assert.deepEqual(notDelivered(world), [[1, 'rejected', 'upload-bad-request']]);
  }
});

test('a message of no bytes or too many is rejected', async () => {
  const world = worldOf('1', '2');
  world.messages.set(3, Buffer.alloc(0));
  world.messages.set(4, Buffer.alloc(1000));
  await life(world, { deps: { maxMessageBytes: 500 } });
  arrived(world, '1', '2');
  assert.deepEqual(notDelivered(world), [
    [3, 'rejected', 'from-header-missing'],
    [4, 'rejected', 'message-too-large'],
  ]);
});

test('a message removed between listing and fetching is skipped; a waiting one that vanished too', async () => {
  const world = worldOf('1', '2', '3');
  const { serve } = world;
  world.serve = (uid, bytes) => {
    if (uid === 1) world.messages.delete(2);
    return serve(uid, bytes);
  };
  breakOff(world, 3, 'message-unreadable', 1);
  await life(world);
  assert.deepEqual(notDelivered(world), [[2, 'skipped', 'message-gone']]);
  world.messages.delete(3);
  world.now += messageBackoff(1);
  await life(world);
  assert.deepEqual(notDelivered(world).at(-1), [3, 'skipped', 'message-gone']);
  assert.equal(world.books.transfers.size, 0);
  arrived(world, '1');
});

test('two messages with the same header block both arrive', async () => {
  const twins = [
    Buffer.concat([message('1'), Buffer.from('a')]),
    Buffer.concat([message('1'), Buffer.from('b')]),
  ];
  const world = createWorld(twins);
  await life(world);
  assert.deepEqual([...world.gmail.imported].sort(), twins.map(sha256).sort());
  assert.deepEqual(notDelivered(world), []);
});

test('a source that numbers its messages anew imports none again, and the new ones', async () => {
  const world = worldOf('1', '2', '3');
  await life(world);
  arrived(world, '1', '2', '3');
  world.uidValidity = 2;
  const names = ['3', 'new', '1', '2'];
  world.messages.clear();
  for (const [index, name] of names.entries()) world.messages.set(index + 10, message(name));
  await life(world);
  arrived(world, '1', '2', '3', 'new');
  assert.deepEqual(
    notDelivered(world),
    [10, 12, 13].map((uid) => [uid, 'skipped', 'already-delivered']),
  );
  world.messages.set(20, message('later'));
  await life(world);
  arrived(world, '1', '2', '3', 'new', 'later');
});

test('a message that comes after the numbering changed is not taken for an old one', async () => {
  const world = worldOf('1');
  await life(world);
  world.uidValidity = 2;
  await life(world);
  // The same bytes once more, as new mail: somebody sent it again.
  world.messages.set(2, message('1'));
  await life(world);
  assert.equal(world.gmail.imported.length, 2);
});

test('a login that is refused once is tried again; refused three times the owner is asked', async () => {
  const world = worldOf('1');
  const states: unknown[] = [];
  for (let failures = 0; failures < 3; failures += 1) {
    const deps = { openSource: () => Promise.reject(new Fault('login-refused')) };
    const verdict = await life(world, { deps, lease: { failures } });
    states.push(verdict?.state);
    assert.equal(verdict?.failures, failures + 1);
    assert.ok((verdict?.nextRunAt ?? 0) > world.now);
  }
  assert.deepEqual(states, ['active', 'active', 'needs-password']);
  assert.deepEqual(await life(world).then((verdict) => [verdict?.state, verdict?.failures]), ['active', 0]);
});

/** What a fault at Gmail does to the user's grant. */
async function meet(world: World, fault: Fault) {
  const told: unknown[] = [];
  const grants = {
    hold: async (...args: unknown[]) => void told.push(['hold', args[1]]),
    destroy: async (...args: unknown[]) => void told.push(['destroy', args[1]]),
  };
  const paused: number[] = [];
  let met = false;
  world.gmail.refuse = () => {
    if (met) return null;
    met = true;
    return fault;
  };
  const control = { pause: (until: number) => void paused.push(until) };
  const verdict = await life(world, { deps: { grants }, control });
  return { told, paused, verdict };
}

test('Gmail’s word to slow down holds the user until then, counts no try and loses nothing', async () => {
  const world = worldOf('1', '2', '3');
  const retryAt = world.now + 900_000;
  const { told, verdict } = await meet(world, new Fault('gmail-rate-limited', { retryAt }));
  assert.deepEqual(told, [['hold', retryAt]]);
  assert.equal(verdict?.nextRunAt, retryAt);
  assert.equal(verdict?.failures, 0);
  for (const { tries } of world.books.transfers.values()) assert.equal(tries, 0);
  world.now = retryAt;
  await life(world);
  arrived(world, '1', '2', '3');
  assert.deepEqual(notDelivered(world), []);
});

test('a consent that is gone is destroyed; nothing is lost should it come back', async () => {
  for (const code of ['grant-revoked', 'scope-missing', 'gmail-not-enabled', 'domain-policy'] as const) {
    const world = worldOf('1', '2');
    const { told, verdict } = await meet(world, new Fault(code));
    assert.deepEqual(told, [['destroy', code]]);
    assert.equal(verdict?.faultCode, code);
    world.now += 20_000;
    await life(world);
    arrived(world, '1', '2');
  }
});

test('the allowance of the whole service pauses the worker, no user and no mailbox', async () => {
  const world = worldOf('1');
  const retryAt = world.now + 5_000_000;
  const { told, paused, verdict } = await meet(world, new Fault('project-quota', { retryAt }));
  assert.deepEqual([told, paused], [[], [retryAt]]);
  assert.deepEqual([verdict?.failures, verdict?.state], [0, undefined]);
});

test('what nobody foresaw is held against the session and does not throw', async () => {
  const world = worldOf('1', '2');
  world.habit = (source) => ({ ...source, list: () => Promise.reject(new TypeError('a bug')) });
  const verdict = await life(world);
  assert.deepEqual([verdict?.faultCode, verdict?.failures, verdict?.state], ['source-protocol', 1, 'active']);
});

test('an upload that Gmail has lost is uncertain, with its sender’s domain, even when the message is gone', async () => {
  const once = (world: World) => meet(world, new Fault('upload-interrupted'));
  const withoutId = createWorld([Buffer.from('From: a@example.com\r\n\r\nx')]);
  const removed = worldOf('1');
  for (const world of [withoutId, removed]) {
    await once(world);
    world.gmail.sessions.clear();
    if (world === removed) removed.messages.clear();
    world.now += 20_000;
    await life(world);
    assert.deepEqual(audit(world), [[1, 'uncertain', 'upload-lost']]);
    assert.equal(world.books.audit[0]?.senderDomain, 'example.com');
  }
});

test('what the books call settled is not fetched', async () => {
  const world = worldOf('1', '2', '3');
  const settled = addUids([], [1, 3]);
  const cursor = { protocol: 'imap' as const, folder: 'INBOX', uidValidity: 1, baseline: 4, settled };
  world.books.cursors.set('INBOX', cursor);
  await life(world);
  arrived(world, '2');
});

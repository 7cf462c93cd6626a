/** A transfer that recovery finishes uses the same allowance at Gmail as one that nothing interrupted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/core/fault.ts';
import { DAY, MINUTE } from '../../src/core/schedule.ts';
import { Quota } from '../../workers/quota.ts';
import { clockOf, createWorld, live, tenant, type World } from '../engine.ts';
import { Mortality } from '../gmail-model.ts';

const SIZE = 2_500_000;
const never = new AbortController().signal;
const large = Buffer.from(
  'From: a@example.com\r\nDate: Sun, 1 Feb 2026 00:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n\r\n'.padEnd(
    SIZE,
    'x',
  ),
);

/** A transfer whose last chunk failed; the time is up for the session to be asked. */
async function interrupted(): Promise<World> {
  const world = createWorld([large]);
  world.gmail.refuse = () => new Fault('upload-interrupted');
  await live(world, new Mortality(0));
  assert.equal(world.books.transfers.size, 1);
  world.gmail.refuse = () => null;
  world.now += 20_000;
  return world;
}

test('what is fetched and sent again waits for the imports of the minute and counts its bytes', async () => {
  for (const lost of [false, true]) {
    const world = await interrupted();
    if (lost) world.gmail.sessions.clear();
    const quota = new Quota({ importsPerMinute: 1, bytesPerDay: SIZE }, clockOf(world));
    await quota.take(tenant, 1, never);
    const began = world.now;
    const { serve } = world;
    let served = 0;
    world.serve = (uid, bytes) => {
      served = world.now;
      return serve(uid, bytes);
    };
    await live(world, new Mortality(0), { deps: { quota } });
    assert.equal(world.gmail.imported.length, 1);
    assert.equal(served, began + MINUTE, lost ? 'imported again' : 'continued');
    assert.notEqual(quota.backlogResumesAt(tenant), null, 'the bytes are counted');
  }
});

test('a session that only had to be asked takes no import', async () => {
  const world = await interrupted();
  for (const session of world.gmail.sessions.values()) session.gmailId = 'm1';
  const quota = new Quota({ importsPerMinute: 1, bytesPerDay: SIZE }, clockOf(world));
  await live(world, new Mortality(0), { deps: { quota } });
  assert.deepEqual(
    world.books.audit.map(({ reason }) => reason),
    ['recovered'],
  );
  const before = world.now;
  await quota.take(tenant, 1, never);
  assert.equal(world.now, before, 'it was given back');
  assert.notEqual(quota.backlogResumesAt(tenant), null, 'but Gmail got the bytes');
});

test('a backlog message that is to be sent from its beginning waits for the next day’s bytes', async () => {
  const world = await interrupted();
  world.gmail.sessions.clear();
  const quota = new Quota({ importsPerMinute: 10, bytesPerDay: SIZE }, clockOf(world));
  quota.spend(tenant, SIZE);
  const verdict = await live(world, new Mortality(0), { deps: { quota } });
  assert.equal(world.gmail.imported.length, 0);
  const [open] = world.books.transfers.values();
  assert.equal(open?.retryAt, (Math.floor(world.now / DAY) + 1) * DAY);
  assert.equal(open?.tries, 1, 'not a try that failed');
  assert.equal(verdict?.faultCode, null);
  world.now = open?.retryAt ?? 0;
  await live(world, new Mortality(0), { deps: { quota } });
  assert.equal(world.gmail.imported.length, 1);
});

test('a run that is asked to end does not wait for the imports of the minute', async () => {
  const world = await interrupted();
  const gentle = new AbortController();
  const clock = clockOf(world);
  const sleep = async (_ms: number, signal: AbortSignal): Promise<void> => {
    gentle.abort();
    signal.throwIfAborted();
  };
  const quota = new Quota({ importsPerMinute: 1, bytesPerDay: SIZE }, { ...clock, sleep });
  await quota.take(tenant, 1, never);
  const verdict = await live(world, new Mortality(0), {
    deps: { quota },
    control: { gentle: gentle.signal },
  });
  assert.equal(verdict?.faultCode, null);
  assert.equal(world.books.transfers.size, 1, 'still to be recovered');
});

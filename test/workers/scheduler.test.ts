import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/core/fault.ts';
import type { Lease } from '../../src/core/schedule.ts';
import { aborted, id, leaseOf, Stage, settled } from '../scheduler-stage.ts';

test('a claimed mailbox runs once and is given back with its verdict', async () => {
  const stage = new Stage();
  await stage.tick(leaseOf('a'), leaseOf('b'));
  assert.deepEqual(stage.running, ['a', 'b']);
  await stage.at(0).end();
  await stage.at(1).end(null);
  assert.deepEqual(stage.calls, ['release a 1 verdict', 'release b 1 null']);
  assert.deepEqual([stage.scheduler.active, stage.scheduler.watching], [0, 0]);
});

test('as many run as may; those that only watch do not count, as many as may watch', async () => {
  const stage = new Stage({ maxRuns: 2, maxWatches: 1 });
  await stage.tick(...['a', 'b', 'c', 'd', 'e'].map((name) => leaseOf(name)));
  assert.deepEqual(stage.running, ['a', 'b']);
  assert.equal(stage.at(0).control.watching(true), true);
  assert.equal(stage.at(1).control.watching(true), false, 'no room to watch');
  await stage.tick();
  assert.deepEqual(stage.running, ['a', 'b', 'c']);
  assert.deepEqual([stage.scheduler.active, stage.scheduler.watching], [2, 1]);
  stage.at(0).control.watching(false);
  assert.equal(stage.scheduler.active, 3, 'news have come');
  await stage.at(2).end();
  await stage.tick();
  assert.equal(stage.runs.length, 3, 'full again');
  await stage.at(1).end();
  await stage.tick();
  assert.deepEqual(stage.running, ['a', 'b', 'c', 'd']);
});

test('one user’s mailboxes wait for one another, and keep nobody else’s from running', async () => {
  const stage = new Stage({ maxRuns: 3, maxRunsPerUser: 1, maxWatches: 2 });
  const own = (name: string) => leaseOf(name, 1n, 'crowd');
  await stage.tick(own('a'), own('b'), own('c'));
  assert.deepEqual(stage.running, ['a']);
  await stage.tick(own('d'), leaseOf('other'));
  assert.deepEqual(stage.running, ['a', 'other'], 'what waits takes no room');
  assert.deepEqual([stage.scheduler.active, stage.scheduler.watching], [2, 0]);
  await stage.at(0).end();
  assert.deepEqual(stage.running, ['a', 'other', 'b'], 'in order');
  stage.at(2).control.watching(true);
  await settled();
  assert.deepEqual(stage.running, ['a', 'other', 'b', 'c'], 'one that only watches takes no room');
  stage.at(2).control.watching(false);
  stage.recalled = [id('d')];
  await stage.tick(leaseOf('third'));
  assert.equal(stage.calls.at(-1), 'release d 1 null', 'given back before its turn');
  assert.equal(stage.running.at(-1), 'third', 'those with news count no more than they may');
});

test('a run is told whether others wait: where the worker is full, or another mailbox of its user has no turn yet', async () => {
  const stage = new Stage({ maxRuns: 2, maxRunsPerUser: 1, maxWatches: 2 });
  await stage.tick(leaseOf('a', 1n, 'crowd'));
  const { othersWait } = stage.at(0).control;
  assert.equal(othersWait(), false);
  await stage.tick(leaseOf('b', 1n, 'crowd'));
  assert.equal(othersWait(), true);
  stage.recalled = [id('b')];
  await stage.tick();
  assert.equal(othersWait(), false);
  await stage.tick(leaseOf('c'));
  assert.equal(othersWait(), true, 'full');
  await stage.at(1).end();
  assert.equal(othersWait(), false);
});

test('a recall asks one run to end, and makes it end after a while', async () => {
  const stage = new Stage();
  await stage.tick(leaseOf('a'), leaseOf('b'));
  stage.recalled = [id('a'), id('unknown')];
  await stage.tick();
  assert.deepEqual(
    [aborted(stage.at(0)), aborted(stage.at(1))],
    [
      [true, false],
      [false, false],
    ],
  );
  assert.equal(stage.sleeps[0]?.ms, 10_000);
  stage.sleeps[0]?.pass();
  await settled();
  assert.deepEqual(
    [aborted(stage.at(0)), aborted(stage.at(1))],
    [
      [true, true],
      [false, false],
    ],
  );
  await stage.at(0).end();
  assert.deepEqual(stage.calls, ['release a 1 verdict']);
});

test('a recalled run that ends in time is not cut off', async () => {
  const stage = new Stage();
  await stage.tick(leaseOf('a'));
  stage.recalled = [id('a')];
  await stage.tick();
  await stage.at(0).end();
  stage.sleeps[0]?.pass();
  await settled();
  assert.equal(stage.at(0).control.hard.aborted, false);
});

test('taken for dead, it lets go of everything and makes itself known again', async () => {
  const stage = new Stage();
  await stage.tick(leaseOf('a'), leaseOf('b'));
  stage.recalled = null;
  await stage.tick();
  assert.ok(stage.runs.every(({ control }) => control.hard.aborted));
  assert.deepEqual(stage.calls, ['register [a,b]']);
  await stage.at(0).end();
  await stage.at(1).end();
  await stage.tick(leaseOf('c'));
  assert.deepEqual(stage.running, ['a', 'b', 'c']);
  assert.equal(stage.calls.filter((call) => call.startsWith('register')).length, 1);
});

test('when the answer to a claim is lost, leases it does not know of are freed before the next', async () => {
  const stage = new Stage();
  await stage.tick(leaseOf('a'));
  const { claim } = stage;
  stage.claim = () => Promise.reject(new Fault('database-unavailable'));
  await stage.tick();
  stage.claim = claim;
  let failing = true;
  stage.register = async () => {
    if (failing) throw new Fault('database-unavailable');
  };
  stage.recalled = [id('a')];
  await stage.tick(leaseOf('b'));
  assert.deepEqual(stage.running, ['a'], 'claims nothing while in doubt');
  assert.equal(stage.at(0).control.gentle.aborted, true, 'a recall is heard all the same');
  failing = false;
  await stage.tick();
  assert.deepEqual(stage.running, ['a', 'b']);
  assert.deepEqual(stage.calls, ['register [a]', 'register [a]']);
});

test('a lease that could not be given back is freed, even when that failed during a claim', async () => {
  const stage = new Stage();
  await stage.tick(leaseOf('a'));
  const answer = Promise.withResolvers<readonly Lease[]>();
  stage.claim = () => answer.promise;
  stage.release = () => Promise.reject(new Fault('database-unavailable'));
  const ticking = stage.scheduler.tick();
  await settled();
  await stage.at(0).end();
  answer.resolve([]);
  await ticking;
  stage.claim = async () => [];
  await stage.tick();
  assert.deepEqual(stage.calls, ['release a 1 verdict', 'register []']);
});

test('a lease that could not be given back is freed, even when that failed during a registration', async () => {
  const stage = new Stage();
  await stage.tick(leaseOf('a'));
  stage.release = () => Promise.reject(new Fault('database-unavailable'));
  stage.register = async () => {
    stage.register = async () => {};
    await stage.at(0).end();
  };
  stage.recalled = null;
  await stage.tick();
  await stage.tick();
  assert.deepEqual(stage.calls, ['register [a]', 'release a 1 verdict', 'register []']);
});

test('while the service is paused nothing is claimed', async () => {
  const stage = new Stage({ maxRuns: 5 });
  await stage.tick(leaseOf('a'));
  stage.at(0).control.pause(1000);
  stage.at(0).control.pause(500);
  stage.now = 999;
  await stage.tick(leaseOf('b'));
  assert.deepEqual(stage.running, ['a']);
  stage.now = 1000;
  await stage.tick();
  assert.deepEqual(stage.running, ['a', 'b']);
});

test('a mailbox that is claimed while its old run is ending waits for it', async () => {
  const stage = new Stage({ maxRuns: 5 });
  await stage.tick(leaseOf('a', 1n));
  stage.recalled = null;
  await stage.tick(leaseOf('a', 2n));
  assert.equal(stage.runs.length, 1);
  await stage.at(0).end();
  assert.deepEqual(
    stage.runs.map(({ lease }) => lease.epoch),
    [1n, 2n],
  );
  assert.deepEqual(aborted(stage.at(1)), [false, false]);
  assert.equal(stage.scheduler.active, 1);
  stage.recalled = [id('a')];
  await stage.tick();
  assert.equal(stage.at(1).control.gentle.aborted, true, 'a recall reaches the new run');
  await stage.at(1).end();
  assert.equal(stage.scheduler.active, 0);
});

test('stopping drains, then lets go after its patience, and gives all leases back', async () => {
  const stage = new Stage();
  await stage.tick(leaseOf('a'), leaseOf('b'));
  const stopping = stage.scheduler.stop(3000);
  await settled();
  assert.deepEqual(stage.runs.map(aborted), [
    [true, false],
    [true, false],
  ]);
  await stage.at(0).end();
  for (const { ms, pass } of stage.sleeps) {
    assert.equal(ms, 3000);
    pass();
  }
  await settled();
  assert.deepEqual(stage.runs.map(aborted), [
    [true, false],
    [true, true],
  ]);
  assert.ok(!stage.calls.includes('unregister'));
  await stage.at(1).end();
  await stopping;
  assert.deepEqual(stage.calls, ['release a 1 verdict', 'release b 1 verdict', 'unregister']);
  await stage.tick(leaseOf('c'));
  assert.equal(stage.runs.length, 2, 'claims nothing any more');
});

test('what a claim brings while it is being stopped is given back too', async () => {
  const stage = new Stage();
  const answer = Promise.withResolvers<readonly Lease[]>();
  stage.claim = () => answer.promise;
  const ticking = stage.scheduler.tick();
  await settled();
  const stopping = stage.scheduler.stop(3000);
  answer.resolve([leaseOf('late')]);
  await ticking;
  await settled();
  assert.deepEqual(stage.runs.map(aborted), [[true, false]]);
  await stage.at(0).end();
  await stopping;
  assert.deepEqual(stage.calls, ['release late 1 verdict', 'unregister']);
});

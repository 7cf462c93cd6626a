import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTurns } from '../../workers/turns.ts';

const never = new AbortController().signal;
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Work that says when it begins and ends when told to. */
function work(begun: string[], name: string) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const run = (): Promise<void> => {
    begun.push(name);
    return promise;
  };
  return { run, end: resolve, fail: reject };
}

test('at most so many at once, in the order they came, whether they succeed or fail', async () => {
  const begun: string[] = [];
  const inTurn = createTurns(2);
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => work(begun, name));
  assert.ok(a && b && c && d);
  const runs = [a, b, c, d].map(({ run }) => inTurn(never, run));
  await settled();
  assert.deepEqual(begun, ['a', 'b']);
  b.fail(new Error('b'));
  await assert.rejects(runs[1] ?? Promise.resolve(), /^Error: b$/);
  await settled();
  assert.deepEqual(begun, ['a', 'b', 'c']);
  a.end();
  await settled();
  assert.deepEqual(begun, ['a', 'b', 'c', 'd']);
  for (const { end } of [c, d]) end();
  await Promise.all([runs[0], runs[2], runs[3]]);
  await inTurn(never, async () => void begun.push('e'));
  assert.equal(begun.at(-1), 'e');
});

test('who has had enough of waiting leaves; who has begun keeps the turn to its end', async () => {
  const begun: string[] = [];
  const inTurn = createTurns(1);
  const controller = new AbortController();
  const first = work(begun, 'first');
  const running = inTurn(controller.signal, first.run);
  const impatient = inTurn(controller.signal, work(begun, 'impatient').run);
  const patient = work(begun, 'patient');
  const waiting = inTurn(never, patient.run);
  const reason = new Error('enough');
  controller.abort(reason);
  await assert.rejects(impatient, reason);
  await settled();
  assert.deepEqual(begun, ['first'], 'the turn is not over');
  first.end();
  patient.end();
  await Promise.all([running, waiting]);
  assert.deepEqual(begun, ['first', 'patient']);
  await assert.rejects(inTurn(controller.signal, first.run), reason);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Biller, type Customer, type Notes, syncSubscription } from '../../../src/core/billing.ts';

const at = (status: string): Customer => ({
  state: 'known',
  subscription: {
    id: 'sub',
    status,
    trialEndsAt: null,
    periodEndsAt: null,
    cancelsAt: null,
    endedAt: null,
    unpaidSince: null,
  },
});

/** Notes in memory, and a biller whose answers arrive when the test lets them. */
function createWorld(first: string) {
  const world = { truth: at(first), noted: null as Customer | null, revision: 0, asked: 0 };
  const answers: (() => void)[] = [];
  const notes: Notes = {
    load: async () => ({ customerId: 'cus', revision: world.revision }),
    store: async (customer, revision) => {
      if (revision !== world.revision) return false;
      world.noted = customer;
      world.revision += 1;
      return true;
    },
  };
  const readCustomer: Biller['readCustomer'] = () => {
    world.asked += 1;
    // Read at once, told late.
    const seen = world.truth;
    return new Promise((resolve) => answers.push(() => resolve(seen)));
  };
  const biller = { readCustomer } as unknown as Biller;
  const nextAnswer = async (): Promise<() => void> => {
    for (;;) {
      const answer = answers.shift();
      if (answer) return answer;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { world, notes, biller, nextAnswer };
}

test('an answer that was overtaken is asked for again', async () => {
  const { world, notes, biller, nextAnswer } = createWorld('trialing');
  const slow = syncSubscription(biller, notes);
  const old = await nextAnswer();
  world.truth = at('canceled');
  const quick = syncSubscription(biller, notes);
  (await nextAnswer())();
  await quick;
  old();
  (await nextAnswer())();
  assert.deepEqual(await slow, { customerId: 'cus', customer: at('canceled') });
  assert.deepEqual(world.noted, at('canceled'));
  assert.equal(world.asked, 3);
});

test('nobody is asked about who is no customer', async () => {
  const { world, notes, biller } = createWorld('active');
  assert.equal(await syncSubscription(biller, { ...notes, load: async () => null }), null);
  assert.equal(world.asked, 0);
});

test('it does not go on for ever', async () => {
  const { notes, biller, nextAnswer } = createWorld('active');
  const ended = assert.rejects(
    syncSubscription(biller, { ...notes, store: async () => false }),
    /kept changing/,
  );
  for (let n = 0; n < 10; n++) (await nextAnswer())();
  await ended;
});

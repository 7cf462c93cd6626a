import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import type { MailboxId, UserId } from '../../../src/core/mailbox.ts';
import { type JobHandlers, openQueue, type ProbeJob } from '../../../src/db/queue.ts';
import { openTestDatabase } from '../../database.ts';

const database = await openTestDatabase({ after });
const web = await database.open('web');
const worker = await database.open('worker');
const fail = (error: unknown): void => {
  throw error;
};

interface Bench {
  readonly probed: ProbeJob[];
  next(): Promise<void>;
}

function collect(): Bench & { handlers: JobHandlers } {
  const probed: ProbeJob[] = [];
  let wake = Promise.withResolvers<void>();
  const done = async () => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  return {
    probed,
    next: () => wake.promise,
    handlers: {
      probe: async (job) => {
        probed.push(job);
        await done();
      },
      revoke: done,
      discover: done,
      endCustomer: done,
      deliver: async () => {},
      preview: done,
      sweep: done,
      notify: done,
    },
  };
}

const job = (revision: number): ProbeJob => ({
  userId: '6f1d3b52-59a4-4d6e-8f0e-0c0f4a0f6c11' as UserId,
  mailboxId: '1b9f0d53-91b0-4c5c-a2f6-3f4a0d0b7a22' as MailboxId,
  revision,
});

it('delivers what a committed transaction sent, and nothing of one that was rolled back', async () => {
  const userId = await database.addUser('one');
  const bench = collect();
  const sender = await openQueue(web, { onError: fail });
  const receiver = await openQueue(worker, { onError: fail, handlers: bench.handlers });
  try {
    const undone = web.withTenant(userId, async (tx) => {
      await sender.probe(tx, job(1));
      throw new Error('undone');
    });
    await assert.rejects(undone, /undone/);
    const arrived = bench.next();
    await web.withTenant(userId, (tx) => sender.probe(tx, job(2)));
    await arrived;
    assert.deepEqual(bench.probed, [job(2)]);
  } finally {
    await sender.stop();
    await receiver.stop();
  }
});

it('says when a revocation is done', async () => {
  const userId = await database.addUser('two');
  const bench = collect();
  const sender = await openQueue(web, { onError: fail });
  const id = await web.withTenant(userId, (tx) =>
    sender.revoke(tx, { userId, sealedRefreshToken: 'c2VhbGVk' }),
  );
  assert.equal(await web.asNobody((tx) => sender.isDone(tx, id)), false);
  const arrived = bench.next();
  const receiver = await openQueue(worker, { onError: fail, handlers: bench.handlers });
  try {
    await arrived;
    // The handler has answered; that the job is completed follows.
    while (!(await web.asNobody((tx) => sender.isDone(tx, id)))) await new Promise(setImmediate);
  } finally {
    await sender.stop();
    await receiver.stop();
  }
});

it('leaves room for others where one user’s jobs hang', async () => {
  const [crowd, other] = [await database.addUser('crowd'), await database.addUser('other')];
  const hung = Promise.withResolvers<void>();
  const probed = Promise.withResolvers<void>();
  let hanging = 0;
  const probe = async ({ userId }: ProbeJob): Promise<void> => {
    if (userId === other) return probed.resolve();
    hanging += 1;
    await hung.promise;
  };
  const sender = await openQueue(web, { onError: fail });
  const receiver = await openQueue(worker, { onError: fail, handlers: { ...collect().handlers, probe } });
  try {
    await web.withTenant(crowd, async (tx) => {
      for (let revision = 1; revision <= 30; revision += 1)
        await sender.probe(tx, { ...job(revision), userId: crowd });
    });
    await web.withTenant(other, (tx) => sender.probe(tx, { ...job(99), userId: other }));
    await probed.promise;
    assert.ok(hanging > 0 && hanging <= 2, String(hanging));
  } finally {
    hung.resolve();
    await sender.stop();
    await receiver.stop();
  }
});

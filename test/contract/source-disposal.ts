/** What every source must do with messages that Gmail has: exactly what it is told, to exactly these messages. */
import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { it } from 'node:test';
import type { Disposal, DisposalOutcome, DisposalReport, SourceAction } from '../../src/core/disposal.ts';
import type { Protocol } from '../../src/core/mailbox.ts';
import type { MessageKey } from '../../src/core/message.ts';
import type { Source } from '../../src/core/ports.ts';
import { recogniserOf } from '../../workers/dispose.ts';
import { HeaderBlock } from '../../workers/header-block.ts';
import { EDGE_MESSAGES } from './edge-messages.ts';
import { fetchAll, mail, never } from './source-reading.ts';

const KEY = createSecretKey(Buffer.alloc(32, 7));
const DELETE: Disposal = { kind: 'delete' };
const TARGET = 'Done';

interface Subject {
  deliver(bytes: Uint8Array, at?: Date, folder?: string): Promise<void>;
  remove(index: number): Promise<void>;
  contents(folder?: string): Promise<readonly { readonly bytes: Uint8Array; readonly seen: boolean }[]>;
}

function fingerprintOf(bytes: Uint8Array): Uint8Array {
  const header = new HeaderBlock();
  header.push(bytes);
  return header.fingerprint(KEY, bytes.length);
}

/** All that INBOX holds, as it was delivered. */
export async function actionsOf(source: Source): Promise<SourceAction[]> {
  const { messages } = await source.list('INBOX', null, { kind: 'all' }, never);
  const bodies = await fetchAll(source, messages);
  return messages.toReversed().map(({ ref, key }) => {
    const bytes = bodies.get(key);
    assert.ok(Buffer.isBuffer(bytes), String(bytes));
    return { ref, key, size: bytes.length, fingerprint: fingerprintOf(bytes), tries: 0 };
  });
}

/** `intend`: by default everything is wanted. */
export const disposeOf = (
  source: Source,
  actions: readonly SourceAction[],
  disposal: Disposal = DELETE,
  intend: (keys: readonly MessageKey[]) => Promise<ReadonlySet<MessageKey>> = async (keys) => new Set(keys),
): Promise<DisposalReport> =>
  source.dispose({ folder: 'INBOX', disposal, actions, recogniser: () => recogniserOf(KEY), intend }, never);

export const outcomesOf = (
  { outcomes }: DisposalReport,
  actions: readonly SourceAction[],
): (DisposalOutcome | null)[] => actions.map(({ key }) => outcomes.get(key) ?? null);

export const begun = (actions: readonly SourceAction[]): SourceAction[] =>
  actions.map((action) => ({ ...action, tries: 1 }));

/** To be called inside the suite of a source. */
export function describeDisposal(
  traits: { readonly protocol: Protocol; readonly skips: readonly string[] },
  subject: () => Subject,
  open: () => Promise<Source>,
): void {
  const { protocol } = traits;
  const left = async (folder?: string): Promise<string[]> =>
    (await subject().contents(folder))
      .map(({ bytes }) => /Subject: (\S+)/.exec(Buffer.from(bytes).toString('latin1'))?.[1] ?? '')
      .sort();
  const deliver = async (...numbers: number[]): Promise<void> => {
    for (const n of numbers) await subject().deliver(mail(n));
  };
  /** At a POP3 server it counts from the end of the session on, and shows in the next one. */
  const finish = async (
    source: Source,
    report: DisposalReport,
    actions: readonly SourceAction[],
  ): Promise<(DisposalOutcome | null)[]> => {
    if (protocol === 'imap') return outcomesOf(report, actions);
    assert.deepEqual(
      outcomesOf(report, actions),
      actions.map(() => null),
    );
    await source.close();
    const next = await open();
    return outcomesOf(await disposeOf(next, begun(actions)), actions);
  };

  it('deletes what it is told to, and nothing else', async () => {
    await deliver(1, 2, 3, 4);
    const source = await open();
    const [, two, , four] = await actionsOf(source);
    assert.ok(two && four);
    const actions = [two, four];
    const report = await disposeOf(source, actions);
    assert.equal(report.problem, null);
    assert.deepEqual(await finish(source, report, actions), ['done', 'done']);
    assert.deepEqual(await left(), ['1', '3']);
  });

  it('deletes every edge message that it has served', { timeout: 120_000 }, async () => {
    const edges = EDGE_MESSAGES.filter((edge) => !traits.skips.includes(edge.name) && edge.bytes.length > 0);
    for (const { bytes } of edges) await subject().deliver(bytes);
    const source = await open();
    const actions = await actionsOf(source);
    const report = await disposeOf(source, actions);
    const outcomes = await finish(source, report, actions);
    const names = edges.map(({ name }, at) => [name, outcomes[at]]);
    assert.deepEqual(
      names,
      edges.map(({ name }) => [name, 'done']),
    );
    assert.deepEqual(await subject().contents(), []);
  });

  it('asks before it does anything, for what is there and is the same message only', async () => {
    await deliver(1, 2, 3);
    const source = await open();
    const actions = await actionsOf(source);
    const [one, two, three] = actions;
    assert.ok(one && two && three);
    const asked: string[][] = [];
    const another = { ...two, fingerprint: one.fingerprint };
    const report = await disposeOf(source, [one, another, three], DELETE, async (keys) => {
      asked.push([...keys]);
      assert.equal((await subject().contents()).length, 3);
      return new Set([three.key]);
    });
    assert.deepEqual(asked, [[one.key, three.key]]);
    assert.equal(report.outcomes.get(another.key), 'changed');
    assert.equal(report.outcomes.get(one.key), undefined);
    await finish(source, { ...report, outcomes: new Map() }, []);
    assert.deepEqual(await left(), ['1', '2']);
  });

  it('takes a message of another size for another message', async () => {
    await deliver(1);
    const source = await open();
    const [one] = await actionsOf(source);
    assert.ok(one);
    for (const off of [-1, 1]) {
      // As if a message with the same header block and another body had been delivered.
      const header = new HeaderBlock();
      header.push(mail(1));
      const size: number = one.size + off;
      const other: SourceAction = { ...one, size, fingerprint: header.fingerprint(KEY, size) };
      assert.deepEqual(outcomesOf(await disposeOf(source, [other]), [other]), ['changed']);
    }
    assert.deepEqual(await left(), ['1']);
  });

  it('changes nothing when it is told not to, and lives on', async () => {
    await deliver(1, 2);
    const source = await open();
    const actions = await actionsOf(source);
    const report = await disposeOf(source, actions, DELETE, async () => new Set());
    assert.deepEqual(outcomesOf(report, actions), [null, null]);
    assert.equal((await source.list('INBOX', null, { kind: 'all' }, never)).messages.length, 2);
    await source.close();
    assert.deepEqual(await left(), ['1', '2']);
  });

  it('knows a message that is gone, and whose work that was', async () => {
    await deliver(1, 2);
    const first = await open();
    const [one, two] = await actionsOf(first);
    assert.ok(one && two);
    await first.close();
    await subject().remove(1);
    await subject().remove(0);
    const source = await open();
    assert.deepEqual(outcomesOf(await disposeOf(source, [one]), [one]), ['gone']);
    const [again] = begun([two]);
    assert.ok(again);
    assert.deepEqual(outcomesOf(await disposeOf(source, [again]), [again]), ['done']);
  });

  it('can be used for mail again behind it', async () => {
    await deliver(1, 2, 3);
    const source = await open();
    const [one, ...others] = await actionsOf(source);
    assert.ok(one);
    await disposeOf(source, [one]);
    const { messages } = await source.list('INBOX', null, { kind: 'all' }, never);
    assert.deepEqual(messages.map(({ key }) => key).sort(), others.map(({ key }) => key).sort());
    assert.equal((await fetchAll(source, messages)).size, 2);
    // A second time in the same session claims nothing that is not known.
    const again = outcomesOf(await disposeOf(source, begun([one])), [one]);
    assert.deepEqual(again, [protocol === 'imap' ? 'done' : null]);
  });

  if (protocol === 'pop3') {
    it('removes nothing when the session breaks off before its QUIT', async () => {
      await deliver(1, 2);
      const source = await open();
      const actions = await actionsOf(source);
      await disposeOf(source, actions);
      const hurry = new AbortController();
      hurry.abort(new Error('stop'));
      await assert.rejects(source.list('INBOX', null, { kind: 'all' }, hurry.signal));
      await source.close();
      assert.deepEqual(await left(), ['1', '2']);
      const next = await open();
      const report = await disposeOf(next, begun(actions));
      assert.deepEqual(outcomesOf(report, actions), [null, null], 'not done, so marked again');
      await next.close();
      assert.deepEqual(await left(), []);
    });
    return;
  }

  it('moves messages into a folder, and marks them as read', async () => {
    await deliver(1, 2, 3);
    await subject().deliver(mail(9), undefined, TARGET);
    const source = await open();
    const [one, two, three] = await actionsOf(source);
    assert.ok(one && two && three);
    const move: Disposal = { kind: 'move', to: TARGET };
    assert.deepEqual(outcomesOf(await disposeOf(source, [one, three], move), [one, three]), ['done', 'done']);
    assert.deepEqual(await left(), ['2']);
    assert.deepEqual(await left(TARGET), ['1', '3', '9']);
    assert.deepEqual(outcomesOf(await disposeOf(source, [two], { kind: 'mark-read' }), [two]), ['done']);
    assert.deepEqual(
      (await subject().contents()).map(({ seen }) => seen),
      [true],
    );
  });

  it('moves nothing into a folder that does not exist, and says so', async () => {
    await deliver(1);
    const source = await open();
    const actions = await actionsOf(source);
    const report = await disposeOf(source, actions, { kind: 'move', to: 'Nowhere' });
    assert.deepEqual([report.problem, report.outcomes.size], ['target-missing', 0]);
    assert.deepEqual(await left(), ['1']);
  });
}

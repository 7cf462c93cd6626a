/** The repair ladder in the engine: the original first, then one repaired copy, exactly once, whatever dies in between. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, type FaultCode } from '../../src/core/fault.ts';
import type { Repair } from '../../src/core/repair.ts';
import { createMessageCheck } from '../../standins/google/message.ts';
import { HeaderBlock } from '../../workers/header-block.ts';
import { mend, mendingOf } from '../../workers/repair.ts';
import { type Circumstances, createWorld, live, type World } from '../engine.ts';
import { Mortality, sha256 } from '../gmail-model.ts';

const NUL_SIZE = 2_500_000;
const MESSAGES = {
  'from-header-missing': 'Message-ID: <1@example.com>\r\nSubject: a\r\n\r\nbody\r\n',
  'from-header-several': 'From: a@example.com\r\nFrom: b@example.net\r\nSubject: b\r\n\r\nbody\r\n',
  'from-header-invalid': 'From: nobody\r\nMessage-ID: <3@example.com>\r\n\r\nbody\r\n',
  'null-byte': `From: a@example.com\r\n\r\n${'x\0y'.repeat(NUL_SIZE / 3)}`,
} as const satisfies Record<Repair, string>;
const REPAIRS = Object.keys(MESSAGES) as Repair[];
const bytesOf = (repair: Repair): Buffer => Buffer.from(MESSAGES[repair]);
const PLAIN = Buffer.from(
  'From: a@example.com\r\nMessage-ID: <5@example.com>\r\nDate: Sun, 1 Mar 2026 00:00:00 +0000\r\n\r\nbody',
);

const CODES: readonly (readonly [RegExp, FaultCode])[] = [
  [/NUL/, 'null-byte'],
  [/single/, 'from-header-missing'],
  [/./, 'from-header-invalid'],
];

function refusal(bytes: Buffer): Fault | null {
  const check = createMessageCheck(0);
  check.update(bytes);
  const text = check.refusal();
  return text === null
    ? null
    : new Fault(CODES.find(([words]) => words.test(text))?.[1] ?? 'message-refused');
}

function worldOf(...messages: Buffer[]): World {
  const world = createWorld(messages);
  world.gmail.refuse = refusal;
  return world;
}

async function repaired(bytes: Buffer, repair: Repair): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const body = (async function* () {
    yield Uint8Array.from(bytes);
  })();
  for await (const piece of mend(body, mendingOf(repair), new HeaderBlock())) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

const ALLOWED: Circumstances = { options: { repair: true } };
const LIVES = 12;

async function survive(
  world: World,
  deaths: readonly number[],
  different: Circumstances = ALLOWED,
): Promise<Mortality[]> {
  const lives: Mortality[] = [];
  for (let life = 0; life < LIVES; life += 1) {
    const mortality = new Mortality(deaths[life] ?? 0);
    lives.push(mortality);
    await live(world, mortality, different);
    world.now += 20_000;
    if (life >= deaths.length && world.books.transfers.size === 0 && !mortality.dead) return lives;
  }
  throw new Error('never came to rest');
}

const outcomes = (world: World) =>
  world.books.audit.map(({ ref, status, reason }) => [ref.protocol === 'imap' ? ref.uid : 0, status, reason]);

test('what Gmail refuses as it is arrives repaired, and says so', async () => {
  const world = worldOf(...REPAIRS.map(bytesOf), PLAIN);
  await survive(world, []);
  const copies = await Promise.all(REPAIRS.map((repair) => repaired(bytesOf(repair), repair)));
  assert.deepEqual([...world.gmail.imported].sort(), [...copies, PLAIN].map(sha256).sort());
  assert.deepEqual(outcomes(world).sort(), [
    ...REPAIRS.map((repair, index) => [index + 1, 'repaired', repair]),
    [5, 'delivered', null],
  ]);
  for (const [index, copy] of copies.entries())
    assert.equal(
      world.books.audit.find(({ key }) => key.endsWith(`:${index + 1}:INBOX`))?.sizeBytes,
      copy.length,
    );
  assert.deepEqual([world.books.transfers.size, world.books.waiting], [0, 0]);
});

test('dies at every effect with a Gmail that refuses the original: exactly one repaired copy', async () => {
  for (const repair of REPAIRS) {
    const bytes = bytesOf(repair);
    const expected = [await repaired(bytes, repair), PLAIN].map(sha256).sort();
    const [first] = await survive(worldOf(bytes, PLAIN), []);
    const effects = 40 + (first?.steps ?? 0);
    for (let at = 1; at <= effects; at += 1) {
      const world = worldOf(bytes, PLAIN);
      // The second life dies as well, so that the repaired copy's own effects are met.
      await survive(world, at <= (first?.steps ?? 0) ? [at] : [0, at - (first?.steps ?? 0)]);
      assert.deepEqual([...world.gmail.imported].sort(), expected, `${repair}, death at ${at}`);
      const of = outcomes(world).filter(([uid]) => uid === 1);
      assert.deepEqual(of, [[1, 'repaired', repair]], `${repair}, death at ${at}`);
    }
  }
});

test('dies at every pair of effects', async () => {
  const repair = 'from-header-several';
  const expected = [sha256(await repaired(bytesOf(repair), repair))];
  const [first, second] = await survive(worldOf(bytesOf(repair)), []);
  for (let one = 1; one <= (first?.steps ?? 0); one += 1) {
    for (let two = 1; two <= (second?.steps ?? 0) + 10; two += 1) {
      const world = worldOf(bytesOf(repair));
      await survive(world, [one, two]);
      assert.deepEqual(world.gmail.imported, expected, `deaths at ${one} and ${two}`);
      assert.deepEqual(outcomes(world), [[1, 'repaired', repair]]);
    }
  }
});

test('without its owner’s leave the message is rejected, and nothing else is sent', async () => {
  const world = worldOf(...REPAIRS.map(bytesOf));
  await survive(world, [], {});
  assert.deepEqual(world.gmail.imported, []);
  assert.deepEqual(
    outcomes(world).sort(),
    REPAIRS.map((repair, index) => [index + 1, 'rejected', repair]),
  );
});

test('a copy that is refused as well is rejected for what the original was refused for', async () => {
  for (const second of ['message-refused', 'message-too-large', 'null-byte'] as const) {
    const world = worldOf(bytesOf('from-header-several'));
    world.gmail.refuse = (bytes) =>
      refusal(bytes) ?? (bytes.includes('X-Smtp-Sync-Repaired') ? new Fault(second) : null);
    await survive(world, []);
    assert.deepEqual(world.gmail.imported, []);
    assert.deepEqual(outcomes(world), [[1, 'rejected', 'from-header-several']]);
  }
});

test('Bad Request for a message with a NUL byte: once more as it is, then without the byte', async () => {
  const world = worldOf(bytesOf('null-byte'));
  const seen: boolean[] = [];
  world.gmail.refuse = (bytes) => {
    seen.push(bytes.includes(0));
    return bytes.includes(0) && bytes.length > NUL_SIZE ? new Fault('upload-bad-request') : null;
  };
  await survive(world, []);
  assert.deepEqual(outcomes(world), [[1, 'repaired', 'null-byte']]);
  assert.deepEqual(world.gmail.imported, [sha256(await repaired(bytesOf('null-byte'), 'null-byte'))]);
});

test('a copy under way is finished though its owner has taken the leave back', async () => {
  const repair = 'from-header-invalid';
  const world = worldOf(bytesOf(repair));
  let isCut = true;
  world.gmail.refuse = (bytes) => refusal(bytes) ?? (isCut ? new Fault('upload-interrupted') : null);
  for (let life = 0; life < 3; life += 1) {
    await live(world, new Mortality(0), ALLOWED);
    world.now += 1_000;
  }
  assert.deepEqual(
    [...world.books.transfers.values()].map((transfer) => [transfer.state, transfer.repair]),
    [['open', repair]],
  );
  isCut = false;
  await survive(world, [], {});
  assert.deepEqual(outcomes(world), [[1, 'repaired', repair]]);
  assert.equal(world.gmail.imported.length, 1);
});

test('a source that breaks while the copy is sent does not send the original once more', async () => {
  const repair = 'null-byte';
  const world = worldOf(bytesOf(repair));
  const { serve } = world;
  let served = 0;
  world.serve = (uid, bytes) => {
    served += 1;
    return served === 2 ? broken() : serve(uid, bytes);
  };
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Uint8Array.of(70);
    throw new Fault('source-disconnected');
  }
  let originals = 0;
  world.gmail.refuse = (bytes) => {
    if (bytes.includes(0) && bytes.length === bytesOf(repair).length) originals += 1;
    return refusal(bytes);
  };
  await survive(world, []);
  assert.equal(originals, 1);
  assert.deepEqual(outcomes(world), [[1, 'repaired', repair]]);
});

test('a message of no bytes is one without a From header', async () => {
  const world = worldOf(Buffer.alloc(0));
  await survive(world, []);
  assert.deepEqual(outcomes(world), [[1, 'repaired', 'from-header-missing']]);
});

test('a repaired message is recognised by what it is at the source', async () => {
  const world = worldOf(bytesOf('from-header-several'));
  await survive(world, []);
  world.uidValidity += 1;
  await survive(world, []);
  assert.deepEqual(
    world.books.audit.map(({ status, reason }) => [status, reason]),
    [
      ['repaired', 'from-header-several'],
      ['skipped', 'already-delivered'],
    ],
  );
  assert.equal(world.gmail.imported.length, 1);
});

test('nothing of a repaired message is left in memory', async () => {
  const world = worldOf(...REPAIRS.map(bytesOf));
  const served: Uint8Array[] = [];
  world.serve = async function* (_uid, bytes) {
    for (let at = 0; at < bytes.length; at += 65_536) {
      const piece = Uint8Array.from(bytes.subarray(at, at + 65_536));
      served.push(piece);
      yield piece;
    }
  };
  await survive(world, []);
  assert.ok(served.length > 80);
  assert.ok(served.every((piece) => piece.every((byte) => byte === 0)));
});

test('at the source only what Gmail has as it is is deleted', async () => {
  const world = worldOf(bytesOf('from-header-several'), PLAIN);
  await survive(world, [], { options: { repair: true, afterImport: 'delete' } });
  await live(world, new Mortality(0), { options: { repair: true, afterImport: 'delete' } });
  assert.deepEqual(
    outcomes(world)
      .map(([, status]) => status)
      .sort(),
    ['delivered', 'repaired'],
  );
  assert.deepEqual([...world.messages.keys()], [1]);
});

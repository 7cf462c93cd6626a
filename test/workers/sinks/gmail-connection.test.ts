/**
 * The HTTP client against a server that does everything wrong in turn: an exchange gets its own answer or none, each request
 * leaves this process at most once, and nothing is read of a part that its caller has back.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { Agent, ExchangeBroken } from '../../../workers/sinks/gmail-connection.ts';
import { exchange, readRoot } from '../../../workers/sinks/gmail-wire.ts';

/** What a request's body is made of; its caller zeroes it. */
const FULL = 0x41;
const LARGE = 16_000_000;
const ALL_FULL = Buffer.alloc(1_048_576, FULL);
const HEADERS_END = Buffer.from('\r\n\r\n');

const plain = (id: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${id.length}\r\n\r\n${id}`;
const chunked = (id: string): string =>
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${id.length.toString(16)}\r\n${id}\r\n0\r\n\r\n`;

/** By the name in the request's path. `early`: called with the head, otherwise when all of the request has come. */
interface Habit {
  readonly early?: boolean;
  readonly answer: (socket: Socket, id: string) => void;
  /** Whether the client must come to an answer. */
  readonly answers: boolean;
}

const HABITS: Readonly<Record<string, Habit>> = {
  plain: { answer: (socket, id) => socket.write(plain(id)), answers: true },
  chunked: { answer: (socket, id) => socket.write(chunked(id)), answers: true },
  bytewise: { answer: (socket, id) => bytewise(socket, chunked(id)), answers: true },
  interim: {
    answer: (socket, id) => socket.write(`HTTP/1.1 100 Continue\r\n\r\n${plain(id)}`),
    answers: true,
  },
  early: {
    early: true,
    answer: (socket, id) => {
      socket.write(plain(id));
      // More than the buffers between hold stays with the client.
      socket.pause();
      setTimeout(() => socket.resume(), 10);
    },
    answers: true,
  },
  closing: { answer: (socket, id) => socket.end(plain(id)), answers: true },
  unmeasured: { answer: (socket, id) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${id}`), answers: true },
  announced: {
    answer: (socket, id) => {
      socket.write(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${id.length}\r\n\r\n${id}`);
      deaf.add(socket);
    },
    answers: true,
  },
  twice: { answer: (socket, id) => socket.write(plain(id) + plain('another')), answers: true },
  late: { answer: (socket, id) => setTimeout(() => socket.write(plain(id)), 150), answers: false },
  half: { answer: (socket, id) => socket.write(plain(id).slice(0, -1)), answers: false },
  broken: { answer: (socket, id) => socket.end(plain(id).slice(0, -1)), answers: false },
  gone: { answer: (socket) => socket.destroy(), answers: false },
  reset: { early: true, answer: (socket) => socket.resetAndDestroy(), answers: false },
  nonsense: { answer: (socket) => socket.write('SSH-2.0-x\r\n\r\n'), answers: false },
};

function bytewise(socket: Socket, text: string): void {
  if (text === '' || socket.destroyed) return;
  socket.write(text.slice(0, 1), () => setImmediate(() => bytewise(socket, text.slice(1))));
}

/** They have said that they would answer nothing more. */
const deaf = new WeakSet<Socket>();

/** Requests by id: how often each has begun, and whether a byte came that is not of its body. */
const seen = new Map<string, { count: number; foul: boolean }>();
let server: Server;
let origin: string;

before(async () => {
  server = createServer({ noDelay: true }, (socket) => {
    let held = Buffer.alloc(0);
    let left = 0;
    let finish = (): void => {};
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      for (let rest = bytes; rest.length > 0; ) {
        if (left === 0) {
          held = Buffer.concat([held, rest]);
          const end = held.indexOf(HEADERS_END);
          if (end < 0) return;
          const head = held.subarray(0, end).toString('latin1');
          rest = held.subarray(end + 4);
          held = Buffer.alloc(0);
          left = Number(/content-length: (\d+)/i.exec(head)?.[1]);
          finish = begun(socket, /^PUT \/(\S+) HTTP\/1\.1\r\n/.exec(head)?.[1] ?? 'unreadable/0');
        }
        const body = rest.subarray(0, left);
        if (!body.equals(ALL_FULL.subarray(0, body.length)))
          for (const each of seen.values()) each.foul = true;
        left -= body.length;
        rest = rest.subarray(body.length);
        if (left === 0) finish();
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => new Promise((resolve) => server.close(resolve)));

function begun(socket: Socket, id: string): () => void {
  const entry = seen.get(id) ?? { count: 0, foul: false };
  seen.set(id, entry);
  entry.count += 1;
  const habit = HABITS[id.split('/')[0] ?? ''];
  assert.ok(habit, id);
  if (deaf.has(socket)) return () => undefined;
  if (habit.early) habit.answer(socket, id);
  return () => (habit.early ? undefined : habit.answer(socket, id));
}

/** A small deterministic generator, so that a failure can be had again. */
function randomly(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

for (const seed of [1, 2, 3])
  test(`each exchange its own answer or none, sent once, whatever came before on the connection (${seed})`, async () => {
    const root = readRoot(origin);
    const agent = new Agent(root);
    const random = randomly(seed);
    const names = Object.keys(HABITS);
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < 75) {
        next += 1;
        const name = names[random(names.length)] ?? 'plain';
        const id = `${name}/${seed}/${next}`;
        const part = Buffer.alloc(name === 'early' || random(16) === 0 ? LARGE : random(3_000), FULL);
        const stop = new AbortController();
        const aborts = random(8) === 0;
        if (aborts) setImmediate(() => stop.abort(new Error('enough')));
        const call = {
          method: 'PUT',
          path: `/${id}`,
          headers: [],
          parts: [part],
          deadline: name === 'late' || name === 'half' ? 60 : 20_000,
        } as const;
        try {
          const { status, body } = await exchange(root, agent, call, stop.signal);
          assert.deepEqual([status, body], [200, id]);
        } catch (error) {
          if (!aborts) assert.ok(error instanceof ExchangeBroken, String(error));
          if (!aborts && HABITS[name]?.answers) assert.ok((error as ExchangeBroken).stale, `${id}: ${error}`);
        }
        part.fill(0);
      }
    };
    try {
      await Promise.all([worker(), worker(), worker()]);
    } finally {
      agent.destroy();
    }
    for (const [id, { count, foul }] of seen) assert.deepEqual([id, count, foul], [id, 1, false]);
  });

/** Doors to servers, in a process of their own, that count what passes. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { serve } from './child.ts';

export type DoorQuestion =
  /** Opens a door to the port; answers its own. */
  | { readonly kind: 'open'; readonly port: number }
  /** What has passed the door with this port. */
  | { readonly kind: 'count'; readonly door: number };

/** Since the door was opened: bytes of TLS, handshakes and all. */
export interface Passed {
  /** Connections that have ended. */
  visits: number;
  /** How long they lasted, all together. */
  ms: number;
  up: number;
  down: number;
}

const doors = new Map<number, Passed>();

async function open(port: number): Promise<number> {
  const passed: Passed = { visits: 0, ms: 0, up: 0, down: 0 };
  const server = createServer({ noDelay: true }, (near) => pass(near, port, passed));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const door = (server.address() as AddressInfo).port;
  doors.set(door, passed);
  return door;
}

function pass(near: Socket, port: number, passed: Passed): void {
  const far = connect({ port, host: '127.0.0.1', noDelay: true });
  const began = performance.now();
  near.on('data', ({ length }) => {
    passed.up += length;
  });
  far.on('data', ({ length }) => {
    passed.down += length;
  });
  near.pipe(far).pipe(near);
  near
    .on('error', () => far.destroy())
    .on('close', () => {
      far.destroy();
      passed.visits += 1;
      passed.ms += performance.now() - began;
    });
  far.on('error', () => near.destroy()).on('close', () => near.destroy());
}

serve(
  async (question: DoorQuestion): Promise<number | Passed | undefined> =>
    question.kind === 'open' ? await open(question.port) : doors.get(question.door),
);

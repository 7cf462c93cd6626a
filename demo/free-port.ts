/** A TCP port for a server that is told its port instead of taking any. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what Linux (32768) and others (49152) give away by themselves: there it would soon be somebody else's. */
const LOWEST = 20_000;
const ABOVE = 32_000;
const TRIES = 20;

/** One that is free on loopback. Throws the last try's error when none was found. */
export async function freePort(): Promise<number> {
  for (let left = TRIES; ; left -= 1) {
    const port = randomInt(LOWEST, ABOVE);
    const server = createServer();
    try {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      server.close();
      await once(server, 'close');
      return port;
    } catch (error) {
      if (left <= 1) throw error;
    }
  }
}

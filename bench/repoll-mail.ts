/** Two mailboxes that are full, on the stand-ins, behind doors that count what passes. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import type { Leaf } from '../standins/authority.ts';
import { startImapServer } from '../standins/imap.ts';
import { startPop3Server } from '../standins/pop3.ts';
import { serve } from './child.ts';

export const USER = 'full';
export const PASSWORD = 'secret-of-the-benchmark';
export const uidlOf = (n: number): string => `uidl-${n}`;

export type RepollQuestion =
  | { readonly kind: 'start'; readonly leaf: Leaf; readonly messages: number }
  | { readonly kind: 'count' };

/** What has passed a door since it was opened: bytes of TLS, handshakes and all. */
export interface Passed {
  connections: number;
  up: number;
  down: number;
}

export interface RepollPorts {
  readonly imap: number;
  readonly pop3: number;
  readonly uidValidity: number;
}

const MESSAGE = Buffer.from('From: a@example.com\r\nSubject: one of many\r\n\r\nhello\r\n');
const passed: Record<'imap' | 'pop3', Passed> = {
  imap: { connections: 0, up: 0, down: 0 },
  pop3: { connections: 0, up: 0, down: 0 },
};

/** The port of a door to `port`. */
async function openDoor(port: number, count: Passed): Promise<number> {
  const server = createServer({ noDelay: true }, (near: Socket) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    count.connections += 1;
    near.on('data', (chunk) => {
      count.up += chunk.length;
    });
    far.on('data', (chunk) => {
      count.down += chunk.length;
    });
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

serve(async (question: RepollQuestion): Promise<RepollPorts | typeof passed> => {
  if (question.kind === 'count') return passed;
  const { leaf, messages } = question;
  // Without IDLE, so that each look is a visit of its own.
  const imap = await startImapServer({ leaf, security: 'tls', tricks: { without: new Set(['IDLE']) } });
  imap.store.addUser(USER, PASSWORD);
  for (let n = 0; n < messages; n += 1) imap.append(USER, MESSAGE);
  const pop3 = await startPop3Server({
    leaf,
    security: 'tls',
    accounts: [{ username: USER, password: PASSWORD }],
  });
  pop3
    .mailbox(USER)
    .fill(Array.from({ length: messages }, (_, n) => ({ uidl: uidlOf(n + 1), bytes: MESSAGE })));
  return {
    imap: await openDoor(imap.port, passed.imap),
    pop3: await openDoor(pop3.port, passed.pop3),
    uidValidity: imap.store.folder(USER).uidValidity,
  };
});

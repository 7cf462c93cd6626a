/** A POP3 stand-in, a dial that trusts it, and what tests ask of a session. */
import type { TestContext } from 'node:test';
import { isFault } from '../../../src/core/fault.ts';
import type { Fetched, Source } from '../../../src/core/ports.ts';
import { createAuthority } from '../../../standins/authority.ts';
import { type Pop3Server, type Pop3ServerOptions, startPop3Server } from '../../../standins/pop3.ts';
import { createDial, type Dial } from '../../../workers/sources/dial.ts';
import { openPop3 } from '../../../workers/sources/pop3.ts';
import type { Pop3Timeouts } from '../../../workers/sources/pop3-channel.ts';

export const ACCOUNT = { username: 'ada@example.test', password: 'pässword with spaces' };
export const HOST = 'pop3.example.test';

export interface Setup {
  readonly server: Pop3Server;
  readonly dial: Dial;
  readonly at: {
    readonly protocol: 'pop3';
    readonly host: string;
    readonly port: number;
    readonly security: 'tls' | 'starttls';
  };
  open(timeouts?: Partial<Pop3Timeouts>, signal?: AbortSignal): Promise<Source>;
}

const authority = createAuthority();

export async function setUp(t: TestContext, options: Partial<Pop3ServerOptions> = {}): Promise<Setup> {
  const ca = await authority;
  const security = options.security ?? 'tls';
  const server = await startPop3Server({
    leaf: await ca.issue([HOST, '127.0.0.1']),
    security,
    accounts: [ACCOUNT],
    ...options,
  });
  t.after(() => server.close());
  const dial = createDial({
    privateNetworks: ['127.0.0.0/8'],
    ca: ca.caPem,
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
  });
  const at = { protocol: 'pop3', host: HOST, port: server.port, security } as const;
  const open: Setup['open'] = async (timeouts = {}, signal = new AbortController().signal) => {
    const source = await openPop3(at, ACCOUNT, dial, signal, timeouts);
    t.after(() => source.close());
    return source;
  };
  return { server, dial, at, open };
}

export const message = (subject: string, body = 'Hello.\r\n', date?: string): Buffer =>
  Buffer.from(
    `${date === undefined ? '' : `Received: from a.test by b.test; ${date}\r\n`}From: a@example.test\r\nSubject: ${subject}\r\n\r\n${body}`,
    'latin1',
  );

export async function read(fetched: Fetched): Promise<string> {
  let text = '';
  for await (const piece of fetched.body) {
    text += Buffer.from(piece).toString('latin1');
    // As the engine does: what comes later must not suffer.
    piece.fill(0);
  }
  return text;
}

/** The code of the fault that `work` fails with. */
export async function faultOf(work: Promise<unknown> | (() => Promise<unknown>)): Promise<unknown> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    return isFault(error) ? error.code : error;
  }
  return 'no fault';
}

/** The whole engine on a real session: a server with a habit, visited until there is nothing left to do. */
import assert from 'node:assert/strict';
import { after, type TestContext } from 'node:test';
import type { AuditEntry } from '../../src/core/audit.ts';
import type { Server } from '../../src/core/mailbox.ts';
import type { Source } from '../../src/core/ports.ts';
import type { Verdict } from '../../src/core/schedule.ts';
import { createAuthority } from '../../standins/authority.ts';
import { type ImapServer, startImapServer } from '../../standins/imap.ts';
import type { ImapTricks } from '../../standins/imap-tricks.ts';
import { type Pop3Server, startPop3Server } from '../../standins/pop3.ts';
import type { Pop3Faults } from '../../standins/pop3-session.ts';
import { createDial, type Dial } from '../../workers/sources/dial.ts';
import type { ImapTimeouts } from '../../workers/sources/imap-deadline.ts';
import { createOpenSource } from '../../workers/sources/open.ts';
import { type Circumstances, createWorld, live, type World } from '../engine.ts';
import { Mortality, sha256 } from '../gmail-model.ts';

const HOST = 'mail.example.test';
/** As the engine's fake lease has them. */
const USER = 'owner';
const PASSWORD = 'secret';

const authority = await createAuthority();
const leaf = await authority.issue([HOST]);
export const dial: Dial = createDial({
  privateNetworks: ['127.0.0.0/8'],
  ca: authority.caPem,
  resolve: async () => [{ address: '127.0.0.1', family: 4 }],
});

/** A mailbox on a server, and the world that its mail is imported into. */
export interface Stage<S> {
  readonly server: S;
  readonly world: World;
  /** A session of one's own. */
  open(): Promise<Source>;
  /** One visit. */
  visit(different?: Circumstances, mortality?: Mortality): Promise<Verdict | null>;
  /** Visits, each when it is due, until one finds nothing wrong and leaves nothing behind. */
  rest(different?: Circumstances): Promise<void>;
}

/** A message as a mail server would hold it: with its own stamp on top, `hour` hours into 2026. */
export const mail = (name: string, hour: number, body = `${name}\r\n`): Buffer =>
  Buffer.from(
    `Received: from a.test by ${HOST}; ${new Date(Date.UTC(2026, 0, 1, hour)).toUTCString().replace('GMT', '+0000')}\r\n` +
      `From: a@example.com\r\nMessage-ID: <${name}@example.com>\r\nSubject: ${name}\r\n\r\n${body}`,
  );

export function assertArrived({ world }: Pick<Stage<unknown>, 'world'>, wanted: readonly Buffer[]): void {
  assert.deepEqual([...world.gmail.imported].sort(), wanted.map(sha256).sort(), 'each once, byte for byte');
}

/** Status and reason of whatever was not simply delivered. */
export const others = ({ world }: Pick<Stage<unknown>, 'world'>): AuditEntry['status'][][] =>
  world.books.audit
    .filter(({ status }) => status !== 'delivered')
    .map(({ status, reason }) => [status, reason]) as AuditEntry['status'][][];

export function onServer(
  at: Server,
  imap: Partial<ImapTimeouts> = {},
  dialled: Dial = dial,
): Omit<Stage<unknown>, 'server'> {
  const world = createWorld([]);
  const openSource = createOpenSource({ dial: dialled, imap: { logout: 100, ...imap }, pop3: { quit: 100 } });
  let failures = 0;
  const visit = async (different: Circumstances = {}, mortality = new Mortality(0)) => {
    const verdict = await live(world, mortality, {
      ...different,
      lease: { server: at, mayWatch: false, failures, ...different.lease },
      deps: {
        openSource: async (_server, credentials, signal) =>
          world.habit(await openSource(at, credentials, signal)),
        ...different.deps,
      },
    });
    failures = verdict?.failures ?? failures;
    return verdict;
  };
  const rest = async (different?: Circumstances): Promise<void> => {
    for (let visits = 0; ; visits += 1) {
      assert.ok(visits < 40, 'comes to rest');
      const verdict = await visit(different);
      if (verdict?.faultCode === null && world.books.transfers.size === 0) return;
      const retries = Array.from(world.books.transfers.values(), ({ retryAt }) => retryAt);
      const next = retries.length > 0 ? Math.min(...retries) : 0;
      world.now = Math.max(world.now + 5_000, verdict?.nextRunAt ?? 0, next);
    }
  };
  const never = new AbortController().signal;
  const open = () => openSource(at, { username: USER, password: PASSWORD }, never);
  return { world, open, visit, rest };
}

const at = (protocol: Server['protocol'], port: number): Server => ({
  protocol,
  host: HOST,
  port,
  security: 'tls',
});

export async function onImap(
  t: TestContext | null,
  tricks: ImapTricks = {},
  timeouts: Partial<ImapTimeouts> = {},
): Promise<Stage<ImapServer>> {
  const server = await startImapServer({ leaf, security: 'tls', tricks });
  (t ?? { after }).after(() => server.close());
  server.store.addUser(USER, PASSWORD);
  return { server, ...onServer(at('imap', server.port), timeouts) };
}

export async function onPop3(t: TestContext | null, faults: Pop3Faults = {}): Promise<Stage<Pop3Server>> {
  const server = await startPop3Server({
    leaf,
    security: 'tls',
    accounts: [{ username: USER, password: PASSWORD }],
  });
  (t ?? { after }).after(() => server.close());
  Object.assign(server.faults, faults);
  return { server, ...onServer(at('pop3', server.port)) };
}

export const imapFolder = ({ server }: Stage<ImapServer>, name?: string) => server.store.folder(USER, name);
export const addImap = ({ server }: Stage<ImapServer>, bytes: Buffer, folder?: string): number =>
  server.append(USER, bytes, { folder });
export const maildrop = ({ server }: Stage<Pop3Server>) => server.mailbox(USER);
export { USER };

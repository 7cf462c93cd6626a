/**
 * For the hostile tests: users with an old mailbox each, on a server of its own that can misbehave alone, and what has
 * to be true of them in the end: every message at Gmail once, byte for byte, and books that add up.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { AuditEntryView, Mailbox } from '../src/http/api.ts';
import type { Leaf } from '../standins/authority.ts';
import type { FaultAction, FaultPoint } from '../standins/google/faults.ts';
import type { GoogleStandin } from '../standins/google/server.ts';
import { type ImapServer, startImapServer } from '../standins/imap.ts';
import { sampleMail } from '../standins/mail.ts';
import { type Pop3Server, startPop3Server } from '../standins/pop3.ts';
import type { Browser } from './browser.ts';
import type { Delivery, Dovecot } from './dovecot.ts';
import { untilSome } from './service.ts';

/** What all users of a test file share. */
export interface Ground {
  readonly google: GoogleStandin;
  /** For `localhost`, of an authority that the service trusts. */
  readonly leaf: Leaf;
  browser(): Browser;
}

export interface Tenant<Server = ImapServer | Pop3Server> {
  readonly email: string;
  readonly username: string;
  readonly browser: Browser;
  readonly server: Server;
  /** Puts a message into the old mailbox; it is expected at Gmail unless `rejected`. */
  receive(bytes: Buffer, rejected?: 'rejected'): void;
  receiveSamples(count: number): void;
  /** Takes a message back from what is expected. */
  forgo(bytes: Uint8Array): void;
  /** Connects the mailbox; `wrong` differs from what is right. */
  connect(wrong?: Readonly<Record<string, unknown>>): Promise<Mailbox>;
  act(method: 'POST' | 'PATCH' | 'DELETE', what?: string, body?: unknown): Promise<Response>;
  mailbox(): Promise<Mailbox>;
  /** The mailbox, once it is so. */
  until(wanted: (mailbox: Mailbox) => boolean, patienceMs?: number): Promise<Mailbox>;
  arrived(): GoogleStandin['messages'];
  untilArrived(count: number): Promise<void>;
  /** Waits until all is settled, then compares source, Gmail and books. Its audit entries, the oldest first. */
  reconcile(): Promise<readonly AuditEntryView[]>;
  close(): Promise<void>;
}

export const PASSWORD = 'old mailbox password';
/** What a server of the neighbour's may take at most although others are in trouble, ms: less than any deadline. */
const PROMPT_MS = 10_000;
const CRLF = Buffer.from('\r\n');

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

export async function imapTenant(ground: Ground, name: string): Promise<Tenant<ImapServer>> {
  const server = await startImapServer({ leaf: ground.leaf, security: 'tls' });
  server.store.addUser(name, PASSWORD);
  return tenant(ground, name, 'imap', server, (bytes) => void server.append(name, bytes));
}

export async function pop3Tenant(ground: Ground, name: string): Promise<Tenant<Pop3Server>> {
  const accounts = [{ username: name, password: PASSWORD }];
  const server = await startPop3Server({ leaf: ground.leaf, security: 'tls', accounts });
  return tenant(ground, name, 'pop3', server, (bytes) => void server.mailbox(name).add(bytes));
}

/** A user whose old mailbox is on a real server; what is received is there once `received` resolves. */
export async function dovecotTenant(
  ground: Ground,
  dovecot: Dovecot,
  name: string,
  protocol: 'imap' | 'pop3',
  delivery: Delivery = {},
): Promise<Tenant<object> & { received(): Promise<void> }> {
  await dovecot.addUser(name, PASSWORD);
  const port = dovecot.ports[`${protocol}s`];
  let received = Promise.resolve();
  const one = await tenant(ground, name, protocol, { port, close: () => received }, (bytes) => {
    received = received.then(() => dovecot.deliver(name, bytes, delivery));
  });
  return { ...one, received: () => received };
}

async function tenant<Server extends { readonly port: number; close(): Promise<void> }>(
  { google, browser: newBrowser }: Ground,
  name: string,
  protocol: 'imap' | 'pop3',
  server: Server,
  store: (bytes: Buffer) => void,
): Promise<Tenant<Server>> {
  const email = `${name}@gmail.example`;
  const browser = newBrowser();
  assert.equal((await browser.signIn(email)).status, 303);
  const expected: { hash: string; size: number }[] = [];
  let rejected = 0;
  let samples = 0;
  let path = '';
  const self: Tenant<Server> = {
    email,
    username: name,
    browser,
    server,
    receive(bytes, refusal) {
      // POP3 has no way to serve a last line that is not ended (RFC 1939 §3).
      const unended = protocol === 'pop3' && !bytes.subarray(-2).equals(CRLF);
      const served = unended ? Buffer.concat([bytes, CRLF]) : bytes;
      if (refusal) rejected += 1;
      else expected.push({ hash: sha256(served), size: served.length });
      store(served);
    },
    receiveSamples(count) {
      for (let left = count; left > 0; left -= 1) self.receive(sampleMail(name, samples++, new Date()).bytes);
    },
    forgo(bytes) {
      const at = expected.findIndex(({ hash }) => hash === sha256(bytes));
      assert.ok(at >= 0);
      expected.splice(at, 1);
    },
    async connect(wrong) {
      const connection = { protocol, host: 'localhost', port: server.port, security: 'tls' };
      const options = { history: 'all', pollSeconds: 1 };
      const body = { ...connection, username: name, password: PASSWORD, options, ...wrong };
      const mailbox = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body });
      path = `/api/v1/mailboxes/${mailbox.id}`;
      return mailbox;
    },
    act: (method, what = '', body) => browser.send(method, path + what, { body }),
    mailbox: () => browser.json<Mailbox>('GET', path, 200),
    until: (wanted, patienceMs) => {
      let last: Mailbox | undefined;
      const look = async (): Promise<Mailbox | null> => {
        last = await self.mailbox();
        return wanted(last) ? last : null;
      };
      return untilSome(look, patienceMs).catch(() => assert.fail(`${name}: ${JSON.stringify(last)}`));
    },
    arrived: () => google.messages.filter(({ account }) => account === email),
    untilArrived: async (count) => {
      await untilSome(() => (self.arrived().length >= count ? true : null));
    },
    async reconcile() {
      const { progress } = await self.until(
        ({ progress: { delivered, rejected: refused, waiting } }) =>
          delivered >= expected.length && refused >= rejected && waiting === 0,
      );
      const arrived = self.arrived();
      const hashes = expected.map(({ hash }) => hash).sort();
      assert.deepEqual(arrived.map((message) => message.sha256).sort(), hashes, `${name}: once each`);
      const entries = await entriesOf(browser);
      const count = (status: string) => entries.filter((entry) => entry.status === status).length;
      const { delivered, rejected: refused, failed, uncertain, bytes } = progress;
      const booked = {
        delivered: count('delivered'),
        refused: count('rejected'),
        failed: count('failed'),
        uncertain: count('uncertain'),
      };
      assert.deepEqual({ delivered, refused, failed, uncertain }, booked, `${name}: counted as audited`);
      assert.deepEqual([delivered, refused], [expected.length, rejected], name);
      const sizes = entries.filter(({ status }) => status === 'delivered').map(({ sizeBytes }) => sizeBytes);
      const total = sum(expected.map(({ size }) => size));
      assert.deepEqual(
        [sum(sizes), sum(arrived.map(({ size }) => size)), bytes],
        [total, total, total],
        name,
      );
      return entries;
    },
    close: () => server.close(),
  };
  return self;
}

async function entriesOf(browser: Browser): Promise<AuditEntryView[]> {
  const entries: AuditEntryView[] = [];
  for (let cursor = ''; ; ) {
    const page = await browser.json<{ entries: AuditEntryView[]; nextCursor: string | null }>(
      'GET',
      `/api/v1/audit?limit=500${cursor && `&cursor=${cursor}`}`,
      200,
    );
    entries.push(...page.entries);
    if (!page.nextCursor) return entries.reverse();
    cursor = page.nextCursor;
  }
}

/** How many entries there are of each status and reason. */
export function tally(entries: readonly AuditEntryView[]): Record<string, number> {
  const kinds = entries.map(({ status, reason }) => (reason ? `${status} ${reason}` : status));
  return Object.fromEntries([...Map.groupBy(kinds, (kind) => kind)].map(([kind, all]) => [kind, all.length]));
}

/** New mail of somebody whom others' trouble does not concern comes through at once. */
export async function assertPrompt(neighbour: Tenant): Promise<void> {
  const before = neighbour.arrived().length;
  neighbour.receiveSamples(1);
  await untilSome(() => (neighbour.arrived().length > before ? true : null), PROMPT_MS).catch(() =>
    assert.fail('the neighbour’s mail is late'),
  );
}

/** Google misbehaves at this point for this user alone. */
export function atGoogle(
  { google }: Pick<Ground, 'google'>,
  { email }: Pick<Tenant, 'email'>,
  at: FaultPoint,
  action: FaultAction,
  times = 1,
): void {
  google.order({ rules: [{ at, action, times, account: email }] });
}

/** A message of about so many bytes, in one line. */
export const giant = (bytes: number): Buffer =>
  Buffer.from(
    `From: a@example.com\r\nMessage-ID: <${bytes}@example.com>\r\n\r\n${'giant '.repeat(bytes / 6)}\r\n`,
  );

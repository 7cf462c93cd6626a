/** What the owners' books and Gmail say in the end. */
import type { Browser } from '../browser.ts';
import { type Service, untilSome } from '../service.ts';
import type { Mail } from './mail.ts';

export interface Owner {
  readonly email: string;
  readonly browser: Browser;
}

interface Progress {
  readonly delivered: number;
  readonly rejected: number;
  readonly failed: number;
  readonly uncertain: number;
  readonly waiting: number;
}

/** Signs in everybody that owns a mailbox, and connects the mailboxes. */
export async function signInOwners(service: Service, mail: Mail): Promise<Owner[]> {
  const owners: Owner[] = [];
  for (const email of new Set(mail.mailboxes.map(({ owner }) => owner))) {
    const browser = service.browser();
    const { status } = await browser.signIn(email);
    if (status !== 303) throw new Error(`sign-in answered ${status}`);
    owners.push({ email, browser });
    for (const { owner, protocol, username, password } of mail.mailboxes) {
      if (owner !== email) continue;
      const server = { protocol, host: 'localhost', port: mail.ports[protocol], security: 'tls' };
      const options = { history: 'all', pollSeconds: 1 };
      await browser.json('POST', '/api/v1/mailboxes', 201, {
        body: { ...server, username, password, options },
      });
    }
  }
  return owners;
}

/** True when the books have everything delivered and nothing on its way; false when not within the patience. */
export async function untilSettled(
  owners: readonly Owner[],
  mail: Mail,
  patienceMs: number,
): Promise<boolean> {
  return untilSome(async () => {
    const lists = await Promise.all(
      owners.map(({ browser }) =>
        browser.json<{ mailboxes: { progress: Progress }[] }>('GET', '/api/v1/mailboxes', 200),
      ),
    );
    const all = lists.flatMap(({ mailboxes }) => mailboxes.map(({ progress }) => progress));
    const sum = (pick: (progress: Progress) => number) =>
      all.reduce((total, progress) => total + pick(progress), 0);
    const ended = sum((p) => p.delivered + p.rejected + p.failed + p.uncertain);
    return ended >= mail.sent.length && sum((p) => p.waiting) === 0 ? true : null;
  }, patienceMs).catch(() => false);
}

interface Entry {
  readonly mailboxId: string;
  readonly status: string;
}

/** All audit entries of all owners: how many of each status and of each mailbox. */
export async function countAll(owners: readonly Owner[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const { browser } of owners) {
    for (let cursor: string | null = ''; cursor !== null; ) {
      const path: string = `/api/v1/audit?limit=100${cursor && `&cursor=${cursor}`}`;
      const page: { entries: Entry[]; nextCursor: string | null } = await browser.json('GET', path, 200);
      entries.push(...page.entries);
      cursor = page.nextCursor;
    }
  }
  return entries;
}

interface Findings {
  readonly kills: number;
  readonly styles: Readonly<Record<string, number>>;
  readonly settled: boolean;
  readonly entries: readonly Entry[];
  readonly seconds: number;
  /** Status queries that upload sessions got. */
  readonly asked: number;
  readonly mail: Mail;
  readonly service: Service;
}

/** Prints it; the exit code. */
export function report(findings: Findings): number {
  const { kills, styles, settled, entries, seconds, asked, mail, service } = findings;
  const sent = new Set(mail.sent.map(({ owner, sha256 }) => `${owner} ${sha256}`));
  const arrived = service.google.messages.map(({ account, sha256 }) => `${account} ${sha256}`);
  const there = new Set(arrived);
  const lost = sent.difference(there).size;
  const altered = there.difference(sent).size;
  const twice = arrived.length - there.size;
  const byMailbox = Map.groupBy(entries, ({ mailboxId }) => mailboxId);
  const audited = [...byMailbox.values()].map((own) => own.length).sort();
  const expected = [...Map.groupBy(mail.sent, ({ mailbox }) => mailbox).values()].map((own) => own.length);
  const statuses = Object.entries(Object.groupBy(entries, ({ status }) => status));
  const good =
    settled &&
    lost + twice + altered === 0 &&
    statuses.every(([status]) => status === 'delivered') &&
    String(audited) === String(expected.sort());
  const lines = {
    kills: `${kills} (${Object.entries(styles)
      .map(([style, count]) => `${count} ${style}`)
      .join(', ')})`,
    messages: `${mail.sent.length} in ${mail.mailboxes.length} mailboxes, ${sent.size} different`,
    lost,
    twice,
    altered,
    'audit entries': `${entries.length}, ${(entries.length / mail.sent.length).toFixed(3)} a message (${statuses
      .map(([status, own]) => `${own?.length} ${status}`)
      .join(', ')})`,
    'sessions asked': asked,
    seconds,
    verdict: good ? 'once each' : settled ? 'NOT once each' : 'NOT settled in time',
  };
  for (const [name, value] of Object.entries(lines)) console.log(`${name.padEnd(15)} ${value}`);
  return good ? 0 : 1;
}

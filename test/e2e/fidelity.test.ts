/**
 * What arrives how, whole: processes as `npm start` runs them, folders and flags of a real Dovecot, what the stand-in for
 * Gmail then shows, and books that add up.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAuthority } from '../../standins/authority.ts';
import type { Browser } from '../browser.ts';
import { type Dovecot, startDovecot } from '../dovecot.ts';
import { type Service, startService, untilSome } from '../service.ts';

const PASSWORD = 'fidelity-password';
const WRITTEN = Date.parse('2019-05-04T10:00:00Z');
const RECEIVED = Date.parse('2020-06-05T11:00:00Z');
/** As Maildir++ names it (RFC 3501 §5.1.3), as Dovecot tells its use or not, and as it is called. */
const FOLDERS = {
  inbox: 'INBOX',
  work: 'Work',
  junk: 'Verdacht',
  archive: 'Ablage',
  trash: 'Papierkorb',
  sent: 'Gesendet',
  drafts: 'Entw&APw-rfe',
} as const;

interface Sample {
  readonly subject: string;
  readonly in: readonly (keyof typeof FOLDERS)[];
  readonly flags?: string;
  readonly from?: string;
  /** Header lines; default: a Date that can be read. */
  readonly dates?: readonly string[];
  readonly size?: number;
  /** What Gmail shows; null: it does not arrive. */
  readonly labels: string | null;
  readonly at?: number;
}

const READABLE = `Date: ${new Date(WRITTEN).toUTCString()}`;

const SAMPLES: readonly Sample[] = [
  { subject: 'new', in: ['inbox'], labels: 'INBOX UNREAD' },
  { subject: 'read', in: ['inbox'], flags: 'S', labels: 'INBOX' },
  { subject: 'starred', in: ['inbox'], flags: 'FS', labels: 'INBOX STARRED' },
  { subject: 'starred, new', in: ['inbox'], flags: 'F', labels: 'INBOX UNREAD STARRED' },
  { subject: 'large, read', in: ['inbox'], flags: 'S', size: 1_500_000, labels: 'INBOX' },
  { subject: 'ordinary folder', in: ['work'], labels: 'INBOX UNREAD' },
  { subject: 'junk', in: ['junk'], labels: 'SPAM UNREAD' },
  { subject: 'archived, new', in: ['archive'], labels: 'UNREAD' },
  { subject: 'archived', in: ['archive'], flags: 'S', labels: '' },
  { subject: 'thrown away', in: ['trash'], flags: 'S', labels: 'TRASH' },
  { subject: 'sent', in: ['sent'], labels: '' },
  { subject: 'draft', in: ['drafts'], flags: 'D', labels: '' },
  { subject: 'no date', in: ['inbox'], dates: [], labels: 'INBOX UNREAD', at: RECEIVED },
  { subject: 'no such date', in: ['inbox'], dates: ['Date: gestern'], labels: 'INBOX UNREAD', at: RECEIVED },
  { subject: 'two dates', in: ['inbox'], dates: [READABLE, READABLE], labels: 'INBOX UNREAD', at: RECEIVED },
  {
    subject: 'absurd date',
    in: ['inbox'],
    dates: ['Date: Thu, 1 Jan 1970 00:00:00 +0000'],
    labels: 'INBOX UNREAD',
    at: RECEIVED,
  },
  {
    subject: 'obsolete date',
    in: ['inbox'],
    dates: ['Date: Sat, 4 May 19 05:00 EST (written by hand)'],
    labels: 'INBOX UNREAD',
  },
  { subject: 'in three', in: ['junk', 'archive', 'inbox'], labels: 'INBOX UNREAD' },
  { subject: 'in two', in: ['junk', 'work'], labels: 'INBOX UNREAD' },
  { subject: 'large in two', in: ['archive', 'work'], size: 1_400_000, labels: 'INBOX UNREAD' },
  { subject: 'left out', in: ['inbox'], from: '"a@good.example" <b@mail.spam.example>', labels: null },
  { subject: 'too large', in: ['inbox'], size: 2_100_000, labels: null },
];
const COPIES = SAMPLES.reduce((sum, one) => sum + one.in.length - 1, 0);
const LEFT_OUT = SAMPLES.filter(({ labels }) => labels === null).length;
const UNDATED = SAMPLES.filter(({ at }) => at === RECEIVED).length;

function bytesOf({ subject, from = 'a@good.example', dates = [READABLE], size = 0 }: Sample): Buffer {
  const lines = [
    `Received: from a by b; ${new Date(RECEIVED).toUTCString()}`,
    `From: ${from}`,
    `Message-ID: <${Buffer.from(subject).toString('hex')}@good.example>`,
    `Subject: ${subject}`,
    ...dates,
    '',
    'body',
  ];
  const text = `${lines.join('\r\n')}\r\n`;
  return Buffer.from(text.padEnd(size - 2, 'x') + (size > 0 ? '\r\n' : ''));
}

let dovecot: Dovecot;
let service: Service;
let browser: Browser;

before(async () => {
  const authority = await createAuthority();
  dovecot = await startDovecot(authority, { [FOLDERS.junk]: '\\Junk', [FOLDERS.archive]: '\\Archive' });
  for (const user of ['imap-user', 'pop3-user']) await dovecot.addUser(user, PASSWORD);
  for (const sample of SAMPLES)
    for (const folder of sample.in) {
      const { flags } = sample;
      await dovecot.deliver('imap-user', bytesOf(sample), {
        folder: FOLDERS[folder],
        ...(flags !== undefined && { flags }),
      });
    }
  service = await startService({ authority });
  browser = service.browser();
  await browser.signIn('owner@gmail.example');
});
after(async () => {
  await service?.stop();
  await dovecot?.stop();
});

const connect = (protocol: 'imap' | 'pop3', options: object) =>
  browser.json<{ id: string }>('POST', '/api/v1/mailboxes', 201, {
    body: {
      protocol,
      host: 'localhost',
      port: protocol === 'imap' ? dovecot.ports.imaps : dovecot.ports.pop3s,
      security: 'tls',
      username: `${protocol}-user`,
      password: PASSWORD,
      options,
    },
  });

interface Entry {
  readonly status: string;
  readonly reason: string | null;
}

/** As soon as so many are settled. */
const untilSettled = (mailbox: string, count: number): Promise<Entry[]> =>
  untilSome(async () => {
    const path = `/api/v1/audit?limit=100&mailbox=${mailbox}`;
    const { entries } = await browser.json<{ entries: Entry[] }>('GET', path, 200);
    return entries.length >= count ? entries : null;
  });

const tally = (entries: readonly Entry[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { status, reason } of entries) {
    const name = reason === null ? status : `${status} ${reason}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

test('flags, folders, dates, copies and rules, out of Dovecot’s folders', async () => {
  const flagsBefore = await storedNames();
  const folders = [...Object.values(FOLDERS).filter((name) => name !== FOLDERS.drafts), 'Entwürfe'];
  const { id } = await connect('imap', {
    // The inbox last: what is wanted most goes first all the same.
    folders: folders.toReversed(),
    skipSenders: ['Spam.Example'],
    maxBytes: 2_000_000,
  });
  const entries = await untilSettled(id, SAMPLES.length + COPIES);
  assert.deepEqual(tally(entries), {
    delivered: SAMPLES.length - LEFT_OUT - UNDATED,
    'delivered date-unreadable': UNDATED,
    'skipped in-another-folder': COPIES,
    'skipped sender-skipped': 1,
    'skipped over-size-limit': 1,
  });
  const shown = service.google.messages.map(({ subject, labelIds, internalDate }) => ({
    subject,
    labels: labelIds.join(' '),
    at: internalDate,
  }));
  const expected = SAMPLES.flatMap(({ subject, labels, at = WRITTEN }) =>
    labels === null ? [] : [{ subject, labels, at }],
  );
  const bySubject = (a: { subject: string }, b: { subject: string }) => (a.subject < b.subject ? -1 : 1);
  assert.deepEqual(shown.toSorted(bySubject), expected.toSorted(bySubject));
  assert.deepEqual(await storedNames(), flagsBefore, 'nothing changes at the source');
  assert.ok(
    service.google.messages.every(({ neverMarkSpam }) => !neverMarkSpam),
    'Gmail judges for itself what is spam',
  );
});

/** With the flags in them. What Dovecot has seen it moves from `new` to `cur`. */
async function storedNames(): Promise<string[]> {
  const names: string[] = [];
  for (const folder of Object.values(FOLDERS))
    for (const { name } of await dovecot.stored('imap-user', folder))
      names.push(`${folder} ${name.replace(/:2,$/, '')}`);
  return names;
}

/** How the mailbox's messages are accounted for, once none of them waits. */
async function lastCount(mailbox: string) {
  const last = await untilSome(async () => {
    const { reconciliations } = await browser.json<{ reconciliations: Record<string, number>[] }>(
      'GET',
      `/api/v1/reconciliation?mailbox=${mailbox}`,
      200,
    );
    return reconciliations[0]?.waiting === 0 ? reconciliations[0] : null;
  });
  const { listed, delivered, skipped, missing } = last;
  return { listed, delivered, skipped, missing };
}

test('the books add up: what was left out is skipped, and nothing is missing', async () => {
  const { mailboxes } = await browser.json<{ mailboxes: { id: string }[] }>('GET', '/api/v1/mailboxes', 200);
  assert.deepEqual(await lastCount(mailboxes[0]?.id ?? ''), {
    listed: SAMPLES.length + COPIES,
    delivered: SAMPLES.length - LEFT_OUT,
    skipped: COPIES + LEFT_OUT,
    missing: 0,
  });
});

test('POP3 has neither flags nor folders: all of it is new mail in the inbox', async () => {
  const sample = { subject: 'by POP3', in: ['inbox'], labels: '' } as const;
  await dovecot.deliver('pop3-user', bytesOf(sample), { flags: 'FS' });
  const spam = { ...sample, subject: 'left out by POP3', from: 'b@spam.example' } as const;
  await dovecot.deliver('pop3-user', bytesOf(spam));
  const { id } = await connect('pop3', {
    skipSenders: ['b@spam.example'],
    neverSpamDomains: ['good.example'],
  });
  const entries = await untilSettled(id, 2);
  assert.deepEqual(tally(entries), { delivered: 1, 'skipped sender-skipped': 1 });
  const found = service.google.messages.filter(({ subject }) => subject.endsWith('POP3'));
  assert.deepEqual(
    found.map(({ subject, labelIds, internalDate, neverMarkSpam }) => [
      subject,
      labelIds.join(' '),
      internalDate,
      neverMarkSpam,
    ]),
    [['by POP3', 'INBOX UNREAD', WRITTEN, true]],
  );
  assert.deepEqual(await lastCount(id), { listed: 2, delivered: 1, skipped: 1, missing: 0 });
});

test('whom mail is from is nowhere but in its domain', () => {
  for (const said of ['b@mail.spam.example', 'a@good.example']) assert.ok(!service.output().includes(said));
});

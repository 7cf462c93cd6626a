/** What the Glass Box's browser tests stand on: users whose mailboxes nobody visits, and entries as they are wanted. */
import assert from 'node:assert/strict';
import pg from 'pg';
import type { Page } from 'playwright-core';
import { DEFAULT_OPTIONS, type MailboxOptions } from '../../src/core/mailbox.ts';
import { findEmbedded } from '../../src/db/embedded.ts';
import { openStage, type Visitor } from './stage.ts';

export interface Owner extends AsyncDisposable {
  readonly visitor: Visitor;
  readonly page: Page;
  readonly userId: string;
  readonly mailboxId: string;
}

export interface GlassBoxStage extends AsyncDisposable {
  /** As the owner, whom row-level security does not hold. */
  readonly database: pg.Pool;
  /** A user with a mailbox that is visited by nobody. */
  ownerOf(name: string, username?: string): Promise<Owner>;
  addMailbox(userId: string, username: string): Promise<string>;
  /** `count` entries, one each 20 minutes up to now; every status and several reasons among them. */
  addEntries(owner: Owner, count: number): Promise<unknown>;
  addEntry(owner: Owner, domain: string, status?: string, reason?: string): Promise<unknown>;
  /** An entry with the message that it tells of. */
  addRefused(owner: Owner, status: string, reason?: string): Promise<unknown>;
}

export async function openGlassBoxStage(): Promise<GlassBoxStage> {
  const stage = await openStage();
  const urls = await findEmbedded(stage.service.dir);
  const database = new pg.Pool({ connectionString: urls?.ownerUrl, max: 2 });
  const addMailbox = async (userId: string, username: string): Promise<string> => {
    const { rows } = await database.query<{ id: string }>(ADD_MAILBOX, [
      userId,
      username,
      JSON.stringify(OPTIONS),
    ]);
    return rows[0]?.id ?? assert.fail();
  };
  return {
    database,
    addMailbox,
    ownerOf: async (name, username = `${name}@isp.example`) => {
      const visitor = await stage.open({ email: `${name}@gmail.example` });
      const { id: userId } = await visitor.api<{ id: string }>('/api/v1/account');
      const mailboxId = await addMailbox(userId, username);
      const { page } = visitor;
      return {
        visitor,
        page,
        userId,
        mailboxId,
        [Symbol.asyncDispose]: () => visitor[Symbol.asyncDispose](),
      };
    },
    addEntries: ({ userId, mailboxId }, count) => database.query(ADD_ENTRIES, [userId, mailboxId, count]),
    addEntry: ({ userId, mailboxId }, domain, status = 'delivered', reason) =>
      database.query(ADD_ENTRY, [userId, mailboxId, domain, status, reason ?? null]),
    addRefused: ({ userId, mailboxId }, status, reason) =>
      database.query(ADD_REFUSED, [userId, mailboxId, status, reason ?? null]),
    [Symbol.asyncDispose]: async () => {
      await database.end();
      await stage[Symbol.asyncDispose]();
    },
  };
}

/** The sentence above the log; the chart's table has figures like it. */
export const totalOf = (page: Page, messages: number) =>
  page.getByText(new RegExp(`^${messages} messages?, [\\d.,]+\\s\\w+\\.\\s*$`));

const OPTIONS: MailboxOptions = { ...DEFAULT_OPTIONS, pollSeconds: 300 };

const ADD_MAILBOX = `INSERT INTO mailboxes (user_id, protocol, host, port, security, username, sealed_password, sealed_fingerprint_key,
       options, state) VALUES ($1, 'imap', 'imap.isp.example', 993, 'tls', $2, 'x', 'x', $3, 'paused') RETURNING id`;

const ADD_ENTRIES = `INSERT INTO audit_entries (user_id, mailbox_id, at, sender_domain, status, reason, size_bytes, delay_ms)
     SELECT $1, $2, now() - ($3 - n) * interval '20 minutes' - interval '1 minute',
       (ARRAY['news.example.com', 'shop.example.net', 'friend.example.org'])[1 + n % 3],
       CASE WHEN n % 40 = 1 THEN 'failed' WHEN n % 40 = 2 THEN 'uncertain' WHEN n % 20 = 3 THEN 'rejected'
         WHEN n % 20 = 4 THEN 'skipped' ELSE 'delivered' END,
       CASE WHEN n % 40 = 1 THEN 'source-timeout' WHEN n % 40 = 2 THEN 'upload-lost' WHEN n % 20 = 3 THEN 'message-too-large'
         WHEN n % 20 = 4 THEN 'already-delivered' END,
       (n * 7919) % 90000 + 900, CASE WHEN n % 4 > 0 THEN (n * 104729) % 60000 + 400 END
     FROM generate_series(1, $3::int) n`;

const ADD_ENTRY = `INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, reason, size_bytes)
     VALUES ($1, $2, $3, $4, $5, 1000)`;

const ADD_REFUSED = `WITH entry AS (
       INSERT INTO audit_entries (user_id, mailbox_id, sender_domain, status, reason, size_bytes)
       VALUES ($1, $2, 'shop.example.net', $3,
         COALESCE($4, CASE $3 WHEN 'failed' THEN 'source-timeout' ELSE 'upload-lost' END), 1000)
       RETURNING id, reason
     ) INSERT INTO transfers (user_id, mailbox_id, key, state, reason, backlog, audit_id)
     SELECT $1, $2, 'pop3:' || $3, $3, reason, false, id FROM entry`;

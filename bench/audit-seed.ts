/** A user with a long audit log: three mailboxes, half a year, two thousand sender domains, every status. */
import { randomBytes, randomUUID } from 'node:crypto';
import { DEFAULT_OPTIONS, type MailboxId, type MailboxOptions, type UserId } from '../src/core/mailbox.ts';
import { findEmbedded } from '../src/db/embedded.ts';
import { createMailbox, setState } from '../src/db/mailboxes.ts';
import { openDatabase, type Tx } from '../src/db/pool.ts';
import { createSession } from '../src/db/sessions.ts';
import { signIn } from '../src/db/users.ts';
import { hashToken, newToken } from '../src/http/session.ts';

/** In one statement; well below its time limit. */
const CHUNK = 100_000;
const SPAN_SECONDS = 180 * 86_400;

const OPTIONS: MailboxOptions = { ...DEFAULT_OPTIONS, pollSeconds: 3600 };

/** The token of a session of that user. */
export async function seedAuditLog(dataDir: string, entries: number): Promise<string> {
  const urls = await findEmbedded(dataDir);
  if (!urls) throw new Error('no database');
  const web = await openDatabase({ url: urls.webUrl, role: 'web', max: 2 });
  const worker = await openDatabase({ url: urls.workerUrl, role: 'worker', max: 2 });
  try {
    const userId = await web.asNobody((tx) => signIn(tx, 'bench', 'bench@gmail.example'));
    const token = newToken();
    const mailboxes = await web.withTenant(userId, async (tx) => {
      await createSession(tx, { tokenHash: hashToken(token), userId, lifetimeMs: 3_600_000, browser: null });
      return [
        await addMailbox(tx, userId, 1),
        await addMailbox(tx, userId, 2),
        await addMailbox(tx, userId, 3),
      ];
    });
    for (let first = 1; first <= entries; first += CHUNK) {
      const last = Math.min(entries, first + CHUNK - 1);
      await worker.withTenant(userId, (tx) =>
        tx.query(FILL, [userId, mailboxes, first, last, SPAN_SECONDS / entries, entries]),
      );
    }
    return token;
  } finally {
    await Promise.all([web.close(), worker.close()]);
  }
}

async function addMailbox(tx: Tx, userId: UserId, n: number): Promise<MailboxId> {
  const id = randomUUID() as MailboxId;
  await createMailbox(tx, {
    id,
    userId,
    protocol: 'imap',
    host: 'imap.example.org',
    port: 993,
    security: 'tls',
    username: `someone${n}@example.org`,
    options: OPTIONS,
    sealedPassword: randomBytes(8),
    sealedFingerprintKey: randomBytes(8),
  });
  await setState(tx, id, 'paused', null);
  return id;
}

const FILL = `INSERT INTO audit_entries (user_id, mailbox_id, at, sender_domain, status, reason, size_bytes, delay_ms)
  SELECT $1, ($2::uuid[])[1 + n % 3], now() - ($6::int - n) * $5::double precision * interval '1 second',
    'd' || floor(2000 * power(random(), 3)) || '.example.org',
    CASE WHEN n % 997 = 0 THEN 'failed' WHEN n % 1499 = 0 THEN 'uncertain' WHEN n % 101 = 0 THEN 'rejected'
      WHEN n % 89 = 0 THEN 'skipped' ELSE 'delivered' END,
    CASE WHEN n % 997 = 0 THEN 'source-timeout' WHEN n % 1499 = 0 THEN 'upload-lost' WHEN n % 101 = 0 THEN 'message-too-large'
      WHEN n % 89 = 0 THEN 'already-delivered' END,
    (power(random(), 4) * 2000000)::int + 800, CASE WHEN n % 2 = 0 THEN (random() * 60000)::int END
  FROM generate_series($3::int, $4::int) n`;

/** Keeps the notices true and mails what is due. Without Mailjet they stay in the dashboard. */

import { isOptional } from '../../src/core/notice.ts';
import type { Log } from '../../src/core/ports.ts';
import { unsubscribeUrl } from '../../src/core/unsubscribe.ts';
import { claimMails, type NoticeMail, reconcileNotices, settleMail } from '../../src/db/notice-mails.ts';
import type { Database } from '../../src/db/pool.ts';
import { draftOf } from '../../src/mailjet/drafts.ts';
import { writeLetter } from '../../src/mailjet/letter.ts';
import type { Mailer } from '../../src/mailjet/mailer.ts';

export interface NotifyDeps {
  readonly db: Database;
  readonly log: Log;
  /** null: Mailjet is not configured. */
  readonly mail: { readonly mailer: Mailer; readonly publicUrl: string } | null;
  /** Days that a mailbox at rest is kept. */
  readonly retentionDays: number;
}

/** Few at once: what is claimed must be sent within the two minutes that nobody else gets it. */
const AT_ONCE = 4;

/** Throws only when the database cannot be reached or the signal aborts. */
export async function notify(deps: NotifyDeps, signal: AbortSignal): Promise<void> {
  await reconcileNotices(deps.db, deps.retentionDays, signal);
  if (deps.mail === null) return;
  for (;;) {
    signal.throwIfAborted();
    const mails = await claimMails(deps.db, AT_ONCE);
    if (mails.length === 0) return;
    await Promise.all(mails.map((mail) => send(mail, deps, signal)));
  }
}

async function send(notice: NoticeMail, { db, log, mail }: NotifyDeps, signal: AbortSignal): Promise<void> {
  if (mail === null) return;
  const { userId, noticeKey, kind } = notice;
  const unsubscribe = isOptional(kind) ? unsubscribeUrl(mail.publicUrl, noticeKey, userId, kind) : null;
  const letter = writeLetter(draftOf(kind, notice.items, mail.publicUrl, unsubscribe));
  const outcome = await mail.mailer.send(
    { ...letter, to: notice.email, unsubscribeUrl: unsubscribe },
    signal,
  );
  log.info(`notice mail ${outcome}`, { userId, code: kind, count: notice.items.length });
  if (outcome !== 'failed') await settleMail(db, notice, outcome === 'sent');
}

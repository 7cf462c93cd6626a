/** When a mailbox was looked at last, and when it will be next. */
import type { Mailbox } from '../../../src/http/api.ts';
import { mailboxTexts } from '../../texts/mailboxes.ts';
import { Instant, useNow } from '../../ui/instant.tsx';

export function CheckTimes({ mailbox: { lastSyncAt, nextSyncAt } }: { mailbox: Mailbox }) {
  return (
    <dl className="flex flex-wrap gap-x-6 gap-y-1 text-sm">
      <div className="flex gap-1.5">
        <dt className="text-muted">{mailboxTexts.lastSync}</dt>
        <dd>{lastSyncAt ? <Instant at={lastSyncAt} /> : mailboxTexts.never}</dd>
      </div>
      <div className="flex gap-1.5">
        <dt className="text-muted">{mailboxTexts.nextSync}</dt>
        <dd>{nextSyncAt ? <NextCheck at={nextSyncAt} /> : mailboxTexts.noNext}</dd>
      </div>
    </dl>
  );
}

/** A time that has passed is not told as one: a worker is about to look. */
const NextCheck = ({ at }: { at: string }) =>
  new Date(at).getTime() > useNow() ? <Instant at={at} /> : mailboxTexts.due;

/** How far a mailbox is: a bar while there is a backlog, and where its messages went. */
import type { Mailbox, MailboxStats } from '../../../src/http/api.ts';
import { formatBytes, formatDuration } from '../../texts/format.ts';
import { mailboxTexts } from '../../texts/mailboxes.ts';
import { Progress } from '../../ui/progress.tsx';

const texts = mailboxTexts.progress;

/** `stats` undefined: not known yet, or not asked for. */
export function ProgressPanel({ mailbox, stats }: { mailbox: Mailbox; stats?: MailboxStats | undefined }) {
  const { found, waiting, bytes } = mailbox.progress;
  const done = found - waiting;
  if (found === 0) return <p className="text-sm text-muted">{texts.none}</p>;
  return (
    <div className="space-y-2">
      {waiting > 0 && <Progress value={done / found} label={texts.label(mailbox.username)} />}
      <p className="flex flex-wrap gap-x-3 gap-y-1 text-sm text-muted">
        <span className="font-medium text-ink">
          {waiting > 0 ? texts.of(done, found) : texts.settled(found)}
        </span>
        {bytes > 0 && <span>{texts.size(formatBytes(bytes))}</span>}
        {waiting > 0 && stats?.backlog && <Estimate backlog={stats.backlog} />}
      </p>
    </div>
  );
}

function Estimate({ backlog }: { backlog: NonNullable<MailboxStats['backlog']> }) {
  const { remainingSeconds, limitedBy } = backlog;
  if (remainingSeconds === null) return <span>{texts.unknown}</span>;
  return (
    <span>
      {texts.remaining(formatDuration(Math.max(1, remainingSeconds) * 1000))}
      {limitedBy && ` — ${texts.limitedBy[limitedBy]}`}
    </span>
  );
}

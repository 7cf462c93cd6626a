/** One notice: what happened, to which mailbox, since when, and what to do about it. */
import type { Notice } from '../../../src/http/api.ts';
import { useMailboxes } from '../../mailboxes.ts';
import { useReadNotices } from '../../notices.ts';
import { noticeText, noticeTexts } from '../../texts/notices.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { classes } from '../../ui/classes.ts';
import { Instant } from '../../ui/instant.tsx';
import { useToast } from '../../ui/toast.tsx';

export function NoticeItem({ notice }: { notice: Notice }) {
  const { title, sentence, lines, next, action, tone } = noticeText(notice);
  const lasts = notice.closedAt === null;
  const isEvent = EVENTS.includes(notice.kind);
  const isNew = notice.readAt === null;
  const read = useReadNotices();
  const say = useToast();
  return (
    <Card className={classes(isNew && 'border-l-4 border-l-accent')}>
      <article aria-label={title} className="flex flex-wrap items-start justify-between gap-x-6 gap-y-4">
        <div className="min-w-0 flex-1 basis-80 space-y-2">
          <div className="flex flex-wrap items-center gap-2">
            <h2 className="text-base font-semibold">{title}</h2>
            {isNew && <Badge tone="accent">{noticeTexts.unread}</Badge>}
            <State notice={notice} tone={tone} />
          </div>
          <p className="text-sm wrap-anywhere text-muted">
            <Subject id={notice.mailboxId} /> · <Instant at={notice.raisedAt} />
            {notice.mailedAt !== null && ` · ${noticeTexts.mailed}`}
          </p>
          <p className="max-w-prose text-sm">{sentence}</p>
          {lines.map((line) => (
            <p key={line} className="max-w-prose text-sm wrap-anywhere text-muted">
              {line}
            </p>
          ))}
          {(lasts || isEvent) && next !== null && (
            <p className="max-w-prose text-sm">
              <span className="font-medium">{noticeTexts.next}</span> {next}
            </p>
          )}
        </div>
        <div className="flex flex-wrap gap-3">
          {isNew && (
            <Button
              size="sm"
              look="quiet"
              busy={read.isPending}
              onClick={() =>
                read.mutate([notice.id], { onError: (error) => say(error.message, { failed: true }) })
              }
            >
              {noticeTexts.read}
            </Button>
          )}
          <ButtonLink href={action.href} size="sm" look={lasts ? 'primary' : 'secondary'}>
            {action.text}
          </ButtonLink>
        </div>
      </article>
    </Card>
  );
}

/** What is an event has no end that could be told. */
const EVENTS: readonly Notice['kind'][] = ['messages-refused', 'backlog-finished'];

function State({ notice, tone }: { notice: Notice; tone: Parameters<typeof Badge>[0]['tone'] }) {
  if (EVENTS.includes(notice.kind)) return null;
  return notice.closedAt === null ? (
    <Badge tone={tone}>{noticeTexts.open}</Badge>
  ) : (
    <Badge tone="skipped">{noticeTexts.over}</Badge>
  );
}

function Subject({ id }: { id: string | null }) {
  const { data: mailboxes } = useMailboxes();
  if (id === null) return noticeTexts.account;
  const mailbox = mailboxes?.find((one) => one.id === id);
  return mailbox === undefined ? noticeTexts.goneMailbox : mailbox.username;
}

/** One mailbox: how it is doing, how fast mail comes through, how it is set up. */
import { MoreHorizontal } from 'lucide-react';
import { Link, useParams } from 'wouter';
import type { Mailbox } from '../../../src/http/api.ts';
import { useMailboxes } from '../../mailboxes.ts';
import { formatNumber } from '../../texts/format.ts';
import { mailboxTexts } from '../../texts/mailboxes.ts';
import { type Tone, toneClasses } from '../../ui/badge.tsx';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { Card, Section } from '../../ui/card.tsx';
import { classes } from '../../ui/classes.ts';
import { Menu } from '../../ui/menu.tsx';
import { Page } from '../../ui/page.tsx';
import { EmptyState, ErrorState, Loading, Skeleton } from '../../ui/states.tsx';
import { useMailboxActions } from './actions.ts';
import { AtSourcePanel } from './at-source-panel.tsx';
import { CheckTimes } from './check-times.tsx';
import { DelayPanel } from './delay-panel.tsx';
import { FaultBanner } from './fault-banner.tsx';
import { LabelsBanner } from './labels-banner.tsx';
import { useMailboxMenu } from './mailbox-menu.tsx';
import { ProgressPanel } from './progress-panel.tsx';
import { SettingsPanel } from './settings-panel.tsx';
import { StateBadge } from './state-badge.tsx';
import { useMailboxStats } from './stats.ts';

export default function MailboxPage() {
  const { id } = useParams<{ id: string }>();
  const { data, error, refetch } = useMailboxes();
  const mailbox = data?.find((each) => each.id === id);
  if (mailbox) return <Details mailbox={mailbox} />;
  return (
    <Page title={data ? mailboxTexts.missing.title : mailboxTexts.title}>
      {data ? (
        <EmptyState
          title={mailboxTexts.missing.title}
          actions={<ButtonLink href="/mailboxes">{mailboxTexts.missing.action}</ButtonLink>}
        >
          {mailboxTexts.missing.sentence}
        </EmptyState>
      ) : error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <Loading className="space-y-4">
          <Skeleton className="h-40" />
          <Skeleton className="h-32" />
        </Loading>
      )}
    </Page>
  );
}

function Details({ mailbox }: { mailbox: Mailbox }) {
  const actions = useMailboxActions(mailbox.id);
  const menu = useMailboxMenu(mailbox, actions);
  const stats = useMailboxStats(mailbox);
  const syncable = mailbox.state === 'active' || mailbox.state === 'unreachable';
  return (
    <Page
      title={mailbox.username}
      intro={mailboxTexts.protocol(mailbox.protocol, mailbox.host, mailbox.port)}
      actions={
        <>
          {syncable && (
            <Button look="primary" busy={actions.sync.isPending} onClick={() => actions.sync.mutate()}>
              {mailboxTexts.actions.sync}
            </Button>
          )}
          <Menu
            trigger={
              <Button>
                <MoreHorizontal aria-hidden className="size-5" />
                <span className="sr-only">{mailboxTexts.actions.more(mailbox.username)}</span>
              </Button>
            }
            items={menu.items}
          />
        </>
      }
    >
      <FaultBanner mailbox={mailbox} actions={actions} />
      <LabelsBanner mailbox={mailbox} />
      <Card className="space-y-4">
        <div className="flex flex-wrap items-center justify-between gap-3">
          <StateBadge mailbox={mailbox} />
          <CheckTimes mailbox={mailbox} />
        </div>
        <ProgressPanel mailbox={mailbox} stats={stats.data} />
        <Counts mailbox={mailbox} />
      </Card>
      <Section title={mailboxTexts.delay.title} intro={mailboxTexts.delay.intro}>
        <Card>
          {stats.data ? (
            <DelayPanel stats={stats.data} />
          ) : stats.error ? (
            <ErrorState error={stats.error} onRetry={() => void stats.refetch()} />
          ) : (
            <Loading>
              <Skeleton className="h-16" />
            </Loading>
          )}
        </Card>
      </Section>
      {stats.data && <AtSourcePanel mailbox={mailbox} atSource={stats.data.atSource} />}
      <SettingsPanel mailbox={mailbox} />
      {menu.dialogs}
    </Page>
  );
}

const STATUSES = [
  'delivered',
  'waiting',
  'rejected',
  'failed',
  'uncertain',
] as const satisfies readonly Tone[];

/** Each leads to its entries; what waits has none yet. */
function Counts({ mailbox: { id, progress } }: { mailbox: Mailbox }) {
  return (
    <ul className="grid grid-cols-2 gap-3 sm:grid-cols-5">
      {STATUSES.map((status) => {
        const box = classes(
          'block h-full rounded-lg px-3 py-2',
          progress[status] > 0 ? toneClasses(status) : 'bg-sunken text-muted',
        );
        const content = (
          <>
            <span className="block text-xs font-medium">{mailboxTexts.statuses[status]}</span>
            <span className="block text-lg font-semibold">{formatNumber(progress[status])}</span>
          </>
        );
        return (
          <li key={status}>
            {status === 'waiting' ? (
              <div className={box}>{content}</div>
            ) : (
              <Link
                href={`/glass-box?mailbox=${id}&status=${status}`}
                className={classes(box, 'hover:underline')}
              >
                {content}
              </Link>
            )}
          </li>
        );
      })}
    </ul>
  );
}

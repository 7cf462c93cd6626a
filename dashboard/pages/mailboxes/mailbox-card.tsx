/** One mailbox in the list. */
import { MoreHorizontal } from 'lucide-react';
import { useRef } from 'react';
import { Link } from 'wouter';
import type { Mailbox } from '../../../src/http/api.ts';
import { mailboxTexts } from '../../texts/mailboxes.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Menu } from '../../ui/menu.tsx';
import { useSeen } from '../../ui/use-seen.ts';
import { useMailboxActions } from './actions.ts';
import { CheckTimes } from './check-times.tsx';
import { DelayLine } from './delay-panel.tsx';
import { FaultBanner } from './fault-banner.tsx';
import { useMailboxMenu } from './mailbox-menu.tsx';
import { ProgressPanel } from './progress-panel.tsx';
import { isUnfinished, StateBadge } from './state-badge.tsx';
import { useMailboxStats } from './stats.ts';

export function MailboxCard({ mailbox }: { mailbox: Mailbox }) {
  const actions = useMailboxActions(mailbox.id);
  const menu = useMailboxMenu(mailbox, actions);
  // Of a hundred mailboxes only those that are looked at.
  const card = useRef<HTMLDivElement>(null);
  const seen = useSeen(card);
  const stats = useMailboxStats(mailbox, seen && !isUnfinished(mailbox));
  const { username } = mailbox;
  const href = isUnfinished(mailbox) ? `/connect/${mailbox.id}` : `/mailboxes/${mailbox.id}`;
  return (
    <Card className="space-y-4">
      <div ref={card} className="flex items-start gap-4">
        <div className="min-w-0 flex-1">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h2 className="truncate text-base font-semibold" title={username}>
              <Link href={href} className="block truncate py-0.5 hover:underline">
                {username}
              </Link>
            </h2>
            <StateBadge mailbox={mailbox} />
          </div>
          <p className="truncate text-sm text-muted">
            {mailboxTexts.protocol(mailbox.protocol, mailbox.host, mailbox.port)}
          </p>
        </div>
        <Menu
          trigger={
            <Button look="quiet" size="sm">
              <MoreHorizontal aria-hidden className="size-5" />
              <span className="sr-only">{mailboxTexts.actions.more(username)}</span>
            </Button>
          }
          items={menu.items}
        />
      </div>
      <FaultBanner mailbox={mailbox} actions={actions} />
      {!isUnfinished(mailbox) && (
        <>
          <ProgressPanel mailbox={mailbox} stats={stats.data} />
          <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2">
            <CheckTimes mailbox={mailbox} />
            {stats.data && <DelayLine stats={stats.data} />}
          </div>
        </>
      )}
      {menu.dialogs}
    </Card>
  );
}

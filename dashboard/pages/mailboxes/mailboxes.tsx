/** All mailboxes at one glance. */
import { Inbox } from 'lucide-react';
import { useMailboxes } from '../../mailboxes.ts';
import { mailboxTexts } from '../../texts/mailboxes.ts';
import { ButtonLink } from '../../ui/button.tsx';
import { Page } from '../../ui/page.tsx';
import { EmptyState, ErrorState, Loading, Skeleton } from '../../ui/states.tsx';
import { ImportList } from './import-dialog.tsx';
import { MailboxCard } from './mailbox-card.tsx';

export default function Mailboxes() {
  const actions = (
    <div className="flex flex-wrap gap-3">
      <ImportList />
      <ButtonLink href="/connect" look="primary">
        {mailboxTexts.connect}
      </ButtonLink>
    </div>
  );
  return (
    <Page title={mailboxTexts.title} intro={mailboxTexts.intro} actions={actions}>
      <List />
    </Page>
  );
}

function List() {
  const { data: mailboxes, error, refetch } = useMailboxes();
  if (mailboxes === undefined)
    return error ? (
      <ErrorState error={error} onRetry={() => void refetch()} />
    ) : (
      <Loading className="space-y-4">
        <Skeleton className="h-40" />
        <Skeleton className="h-40" />
      </Loading>
    );
  if (mailboxes.length === 0)
    return (
      <EmptyState
        icon={<Inbox aria-hidden className="size-10" />}
        title={mailboxTexts.empty.title}
        actions={
          <ButtonLink href="/connect" look="primary">
            {mailboxTexts.connect}
          </ButtonLink>
        }
      >
        {mailboxTexts.empty.sentence}
      </EmptyState>
    );
  return (
    <ul className="space-y-4">
      {mailboxes.map((mailbox) => (
        <li key={mailbox.id}>
          <MailboxCard mailbox={mailbox} />
        </li>
      ))}
    </ul>
  );
}

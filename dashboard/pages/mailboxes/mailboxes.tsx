/** All mailboxes at one glance. */
import { useMailboxes } from '../../mailboxes.ts';
import { common } from '../../texts/common.ts';
import { ButtonLink } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Page } from '../../ui/page.tsx';
import { ErrorState, Loading, Skeleton } from '../../ui/states.tsx';

export default function Mailboxes() {
  const { data, error, refetch } = useMailboxes();
  return (
    <Page
      title={common.nav.mailboxes}
      actions={
        <ButtonLink href="/connect" look="primary">
          {common.nav.connect}
        </ButtonLink>
      }
    >
      {data ? (
        data.map((mailbox) => <Card key={mailbox.id}>{mailbox.username}</Card>)
      ) : error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <Loading>
          <Skeleton className="h-32" />
        </Loading>
      )}
    </Page>
  );
}

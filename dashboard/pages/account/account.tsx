/** Everything about the account itself. */
import { useEffect } from 'react';
import { useAccount } from '../../account.ts';
import { accountTexts } from '../../texts/account.ts';
import { Page } from '../../ui/page.tsx';
import { ErrorState, Loading, Skeleton } from '../../ui/states.tsx';
import { ApiKeys } from './api-keys.tsx';
import { Data } from './data.tsx';
import { Look } from './look.tsx';
import { NoticeChoice } from './notice-choice.tsx';
import { Profile } from './profile.tsx';
import { Sessions } from './sessions.tsx';
import { WebhooksLink } from './webhooks-link.tsx';

export default function AccountPage() {
  const { data: account, error, refetch } = useAccount();
  useAnchor(account !== undefined);
  return (
    <Page title={accountTexts.title} intro={accountTexts.intro}>
      {account === undefined ? (
        error ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : (
          <Loading className="space-y-6">
            <Skeleton className="h-48" />
            <Skeleton className="h-40" />
            <Skeleton className="h-40" />
          </Loading>
        )
      ) : (
        <div className="max-w-3xl space-y-10">
          <Profile account={account} />
          <Sessions />
          <NoticeChoice />
          <ApiKeys />
          <WebhooksLink />
          <Look />
          <Data email={account.email} />
        </div>
      )}
    </Page>
  );
}

/** A link to a part of the page, once that part is there: the browser looked for it before. */
function useAnchor(ready: boolean): void {
  useEffect(() => {
    if (ready && window.location.hash)
      document.getElementById(window.location.hash.slice(1))?.scrollIntoView();
  }, [ready]);
}

/** All notices, newest first. */
import { Bell } from 'lucide-react';
import { useNotices, useReadNotices } from '../../notices.ts';
import { noticeTexts } from '../../texts/notices.ts';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { Page } from '../../ui/page.tsx';
import { EmptyState, ErrorState, Loading, Skeleton } from '../../ui/states.tsx';
import { useToast } from '../../ui/toast.tsx';
import { NoticeItem } from './notice-item.tsx';

export default function Notices() {
  const say = useToast();
  const read = useReadNotices();
  const { data } = useNotices();
  const unread = data?.pages[0]?.counts.unread ?? 0;
  const readAll = () =>
    read.mutate(null, {
      onSuccess: () => say(noticeTexts.readAllDone),
      onError: (error) => say(error.message, { failed: true }),
    });
  return (
    <Page
      title={noticeTexts.title}
      intro={noticeTexts.intro}
      actions={
        <>
          <ButtonLink href="/account#notices">{noticeTexts.settings}</ButtonLink>
          {unread > 0 && (
            <Button onClick={readAll} busy={read.isPending}>
              {noticeTexts.readAll}
            </Button>
          )}
        </>
      }
    >
      <List />
    </Page>
  );
}

function List() {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useNotices();
  if (data === undefined)
    return error ? (
      <ErrorState error={error} onRetry={() => void refetch()} />
    ) : (
      <Loading className="space-y-4">
        <Skeleton className="h-36" />
        <Skeleton className="h-36" />
      </Loading>
    );
  const notices = data.pages.flatMap((page) => page.notices);
  if (notices.length === 0)
    return (
      <EmptyState icon={<Bell aria-hidden className="size-10" />} title={noticeTexts.empty.title}>
        {noticeTexts.empty.sentence}
      </EmptyState>
    );
  return (
    <>
      <ul className="space-y-4">
        {notices.map((notice) => (
          <li key={notice.id}>
            <NoticeItem notice={notice} />
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <div className="flex justify-center">
          <Button onClick={() => void fetchNextPage()} busy={isFetchingNextPage}>
            {noticeTexts.older}
          </Button>
        </div>
      )}
    </>
  );
}

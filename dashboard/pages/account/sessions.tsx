/** Where one is signed in; each other browser can be signed out. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { MonitorSmartphone } from 'lucide-react';
import type { Sessions as SessionList } from '../../../src/http/api.ts';
import { get, remove } from '../../api.ts';
import { accountTexts } from '../../texts/account.ts';
import { formatDay } from '../../texts/format.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card, Section } from '../../ui/card.tsx';
import { Instant } from '../../ui/instant.tsx';
import { ErrorState, Loading, Skeleton } from '../../ui/states.tsx';
import { useToast } from '../../ui/toast.tsx';
import { useSayError } from './use-say-error.ts';

const texts = accountTexts.sessions;
const KEY = ['sessions'] as const;

export function Sessions() {
  const { data, error, refetch } = useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }) => (await get<{ sessions: SessionList }>('/sessions', {}, signal)).sessions,
  });
  const endOthers = useEnd('/sessions', texts.endedOthers);
  const others = data?.some(({ current }) => !current) ?? false;
  return (
    <Section
      title={texts.title}
      intro={texts.intro}
      actions={
        others && (
          <Button size="sm" busy={endOthers.isPending} onClick={() => endOthers.mutate()}>
            {texts.endOthers}
          </Button>
        )
      }
    >
      {data !== undefined ? (
        <Card className="divide-y divide-line py-1">
          {data.map((session) => (
            <Row key={session.id} session={session} />
          ))}
        </Card>
      ) : error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <Loading>
          <Skeleton className="h-24" />
        </Loading>
      )}
    </Section>
  );
}

function Row({ session }: { session: SessionList[number] }) {
  const end = useEnd(`/sessions/${session.id}`, texts.ended);
  const browser = session.browser ?? texts.unknown;
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 py-3">
      <div className="flex items-center gap-3">
        <MonitorSmartphone aria-hidden className="size-5 shrink-0 text-muted" />
        <div>
          <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
            {browser}
            {session.current && <Badge tone="delivered">{texts.current}</Badge>}
          </p>
          <p className="text-sm text-muted">
            {texts.since} <Instant at={session.createdAt} />, {texts.until} {formatDay(session.expiresAt)}
          </p>
        </div>
      </div>
      {!session.current && (
        <Button
          size="sm"
          aria-label={texts.endLabel(browser)}
          busy={end.isPending}
          onClick={() => end.mutate()}
        >
          {texts.end}
        </Button>
      )}
    </div>
  );
}

function useEnd(path: string, done: string) {
  const client = useQueryClient();
  const say = useToast();
  const sayError = useSayError();
  return useMutation({
    mutationFn: () => remove(path),
    onSuccess: () => say(done),
    onError: sayError,
    onSettled: () => client.invalidateQueries({ queryKey: KEY }),
  });
}

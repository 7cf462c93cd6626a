/** What a webhook was told, how that went, and once more. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { WebhookDelivery } from '../../../src/http/api.ts';
import { post } from '../../api.ts';
import { refresh } from '../../refresh.ts';
import { eventTexts, webhookTexts as texts } from '../../texts/webhooks.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Instant } from '../../ui/instant.tsx';
import { ErrorState, Loading, Skeleton } from '../../ui/states.tsx';
import { useToast } from '../../ui/toast.tsx';
import { deliveriesKey, useDeliveries } from './webhooks-query.ts';

const TONES: Readonly<Record<WebhookDelivery['state'], Tone>> = {
  pending: 'waiting',
  delivered: 'delivered',
  failed: 'failed',
};

export function DeliveryLog({ webhookId, enabled }: { webhookId: string; enabled: boolean }) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useDeliveries(webhookId);
  const deliveries = data?.pages.flatMap((page) => page.deliveries);
  return (
    <section aria-label={texts.log} className="space-y-2">
      <h3 className="text-sm font-semibold">
        {texts.log} <span className="font-normal text-muted">{texts.logIntro}</span>
      </h3>
      {deliveries === undefined ? (
        error ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : (
          <Loading>
            <Skeleton className="h-16" />
          </Loading>
        )
      ) : deliveries.length === 0 ? (
        <p className="text-sm text-muted">{texts.logEmpty}</p>
      ) : (
        <ul className="divide-y divide-line border-y border-line">
          {deliveries.map((delivery) => (
            <Row key={delivery.id} delivery={delivery} webhookId={webhookId} enabled={enabled} />
          ))}
        </ul>
      )}
      {hasNextPage && (
        <Button size="sm" onClick={() => void fetchNextPage()} busy={isFetchingNextPage}>
          {texts.older}
        </Button>
      )}
    </section>
  );
}

function Row({
  delivery,
  webhookId,
  enabled,
}: {
  delivery: WebhookDelivery;
  webhookId: string;
  enabled: boolean;
}) {
  const { id, event, at, state, failure, nextTryAt } = delivery;
  const client = useQueryClient();
  const say = useToast();
  const replay = useMutation({
    mutationFn: () => post(`/webhooks/${webhookId}/deliveries/${id}/replay`),
    onSuccess: () => {
      say(texts.replayed);
      return refresh(client, deliveriesKey(webhookId));
    },
    onError: (error) => say(error.message, { failed: true }),
  });
  return (
    <li className="flex flex-wrap items-center justify-between gap-3 py-3">
      <div className="min-w-0 flex-1 basis-64 space-y-1">
        <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
          {eventTexts[event].name} <Badge tone={TONES[state]}>{texts.states[state]}</Badge>
        </p>
        <p className="text-sm text-muted">
          <Instant at={at} />
          {facts(delivery).map((fact) => ` · ${fact}`)}
          {nextTryAt !== null && delivery.tries > 0 && (
            <>
              {` · ${texts.nextTry} `}
              <Instant at={nextTryAt} />
            </>
          )}
        </p>
        {failure !== null && state !== 'delivered' && <p className="text-sm">{failure.message}</p>}
      </div>
      {enabled && state !== 'pending' && (
        <Button
          size="sm"
          busy={replay.isPending}
          aria-label={texts.replayLabel(eventTexts[event].name, at)}
          onClick={() => replay.mutate()}
        >
          {texts.replay}
        </Button>
      )}
    </li>
  );
}

const facts = ({ tries, status, durationMs }: WebhookDelivery): string[] => [
  ...(tries > 0 ? [texts.tries(tries)] : []),
  ...(status !== null ? [texts.answered(status)] : []),
  ...(durationMs !== null ? [texts.took(durationMs)] : []),
];

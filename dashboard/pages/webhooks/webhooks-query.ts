/** Webhooks and their deliveries in the query cache. Of a secret nothing is kept. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { Webhook, WebhookDeliveries } from '../../../src/http/api.ts';
import { get } from '../../api.ts';

export const WEBHOOKS = ['webhooks'] as const;
export const deliveriesKey = (id: string) => ['webhook-deliveries', id] as const;

/** Something may be on its way: looked at again soon. */
const SOON_MS = 2_000;

export const useWebhooks = () =>
  useQuery({
    queryKey: WEBHOOKS,
    queryFn: async ({ signal }) => (await get<{ webhooks: Webhook[] }>('/webhooks', {}, signal)).webhooks,
  });

export const useDeliveries = (id: string) =>
  useInfiniteQuery({
    queryKey: deliveriesKey(id),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      get<WebhookDeliveries>(`/webhooks/${id}/deliveries`, { limit: 20, cursor: pageParam }, signal),
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ deliveries }) => deliveries.some(isUnderWay)) ? SOON_MS : false,
  });

const isUnderWay = ({ nextTryAt }: { readonly nextTryAt: string | null }): boolean =>
  nextTryAt !== null && Date.parse(nextTryAt) < Date.now() + 5_000;

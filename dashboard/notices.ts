/** Notices in the query cache; events.ts says when they have changed. */
import {
  type QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import type { NoticeCounts, NoticesPage } from '../src/http/api.ts';
import { get, post } from './api.ts';
import { refresh } from './refresh.ts';

const LIST_KEY = ['notices', 'list'] as const;
const COUNTS_KEY = ['notices', 'counts'] as const;

/** For the badge: no more than the newest is fetched. */
export const useNoticeCounts = () =>
  useQuery({
    queryKey: COUNTS_KEY,
    queryFn: async ({ signal }) => (await get<NoticesPage>('/notices', { limit: 1 }, signal)).counts,
    staleTime: Number.POSITIVE_INFINITY,
  });

export const useNotices = () =>
  useInfiniteQuery({
    queryKey: LIST_KEY,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      get<NoticesPage>('/notices', { limit: 30, cursor: pageParam }, signal),
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });

/** Takes what the live stream, or an answer, says. */
export function noticesChanged(client: QueryClient, counts: NoticeCounts): void {
  client.setQueryData<NoticeCounts>(COUNTS_KEY, counts);
  void refresh(client, LIST_KEY);
}

/** Marks some as read, or with null all. */
export function useReadNotices() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (ids: readonly string[] | null) =>
      post<NoticeCounts>('/notices/read', ids === null ? {} : { ids }),
    onSuccess: (counts) => noticesChanged(client, counts),
  });
}

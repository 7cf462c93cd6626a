import type { QueryClient, QueryKey } from '@tanstack/react-query';

/**
 * Asks again for what may have changed; without a key, for everything. What is on its way is not called off, for
 * the next page of a list would then never come: it is asked for once more when it is there.
 */
export async function refresh(client: QueryClient, queryKey?: QueryKey): Promise<void> {
  const what = queryKey ? { queryKey } : {};
  const isLate = client.isFetching(what) > 0;
  await client.invalidateQueries(what, { cancelRefetch: false });
  if (isLate) await client.invalidateQueries(what, { cancelRefetch: false });
}

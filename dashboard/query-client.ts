/** Server state: how long it is fresh, and what is tried again. */
import { QueryClient } from '@tanstack/react-query';
import { ApiError } from './api.ts';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // Who is offline is told so, instead of waiting for an answer without an end.
      networkMode: 'always',
      refetchOnReconnect: true,
      // A refusal stays one; only what may pass by itself is tried again.
      retry: (failures, error) => failures < 2 && error instanceof ApiError && error.status >= 500,
    },
    // Nothing is done later than it was asked for.
    mutations: { retry: false, networkMode: 'always' },
  },
});

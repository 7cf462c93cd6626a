/** The plan and its payment, for the page and for the banner on every page. */
import { useQuery } from '@tanstack/react-query';
import type { Billing } from '../src/http/api.ts';
import { get } from './api.ts';

/** `everyMs`: how often to look again while the page is seen; what Stripe tells us changes it without a click here. */
export const useBilling = (everyMs: number) =>
  useQuery({
    queryKey: ['billing'],
    queryFn: ({ signal }) => get<Billing>('/billing', {}, signal),
    refetchInterval: ({ state }) => (state.data?.mode === 'self-hosted' ? false : everyMs),
  });

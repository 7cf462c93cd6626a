/** The plan and its payment, for the page and for the banner on every page. */
import { useQuery } from '@tanstack/react-query';
import type { Billing, PlanLimits } from '../src/http/api.ts';
import { get } from './api.ts';

/** `everyMs`: how often to look again while the page is seen; what Stripe tells us changes it without a click here. */
export const useBilling = (everyMs: number) =>
  useQuery({
    queryKey: ['billing'],
    queryFn: ({ signal }) => get<Billing>('/billing', {}, signal),
    refetchInterval: ({ state }) => (state.data?.mode === 'self-hosted' ? false : everyMs),
  });

/** What the plan allows; null: everything, or not known. */
export function usePlanLimits(): PlanLimits | null {
  const { data } = useQuery({
    queryKey: ['billing'],
    queryFn: ({ signal }) => get<Billing>('/billing', {}, signal),
  });
  return data?.mode === 'stripe' ? data.plans[data.plan] : null;
}

/** How often is looked indeed: what was chosen stays stored, for the day that the plan allows it. */
export const effectivePoll = (seconds: number, plan: PlanLimits | null): number =>
  Math.max(seconds, plan?.pollSeconds ?? 0);

/** The plan, its payment, and what is used of it. */
import { Infinity as Unlimited } from 'lucide-react';
import type { Billing, StripeBilling } from '../../../src/http/api.ts';
import { useBilling } from '../../billing.ts';
import { billingTexts } from '../../texts/billing.ts';
import { Page } from '../../ui/page.tsx';
import { EmptyState, ErrorState, Loading, Skeleton } from '../../ui/states.tsx';
import { CheckoutReturn } from './checkout-return.tsx';
import { PlanCards } from './plan-cards.tsx';
import { StatusCard } from './status-card.tsx';
import { Usage } from './usage.tsx';

const EVERY_MS = 2_000;

export default function BillingPage() {
  return (
    <Page title={billingTexts.title} intro={billingTexts.intro}>
      <Content />
    </Page>
  );
}

function Content() {
  const { data: billing, error, refetch } = useBilling(EVERY_MS);
  if (billing) return <Known billing={billing} />;
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <Loading className="space-y-6">
      <Skeleton className="h-44" />
      <Skeleton className="h-28" />
      <Skeleton className="h-72" />
    </Loading>
  );
}

const Known = ({ billing }: { billing: Billing }) =>
  billing.mode === 'self-hosted' ? <SelfHosted /> : <WithStripe billing={billing} />;

const SelfHosted = () => (
  <EmptyState icon={<Unlimited aria-hidden className="size-10" />} title={billingTexts.selfHosted.title}>
    {billingTexts.selfHosted.sentence}
  </EmptyState>
);

const WithStripe = ({ billing }: { billing: StripeBilling }) => (
  <>
    <CheckoutReturn billing={billing} />
    <StatusCard billing={billing} />
    <Usage billing={billing} />
    <PlanCards billing={billing} />
    <p className="max-w-prose text-sm text-muted">{billingTexts.atStripe}</p>
  </>
);

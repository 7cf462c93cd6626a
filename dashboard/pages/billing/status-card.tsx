/** What the plan is, what comes next, and what can be done about it. */
import type { BillingStatus, StripeBilling } from '../../../src/http/api.ts';
import { billingTexts } from '../../texts/billing.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { useUnconfirmed } from './checkout-return.tsx';
import { useStripe } from './use-stripe.ts';

const TONES: Readonly<Record<BillingStatus, Tone>> = {
  free: 'skipped',
  confirming: 'waiting',
  trial: 'accent',
  active: 'delivered',
  ending: 'rejected',
  'past-due': 'rejected',
  unpaid: 'failed',
  cancelled: 'skipped',
};

export function StatusCard({ billing: known }: { billing: StripeBilling }) {
  // Who has just paid is neither on the free plan nor to be asked to pay again.
  const billing: StripeBilling = useUnconfirmed(known) ? { ...known, status: 'confirming' } : known;
  const { status, plan } = billing;
  return (
    <Card className="space-y-4">
      <div className="flex flex-wrap items-center gap-3">
        <h2 className="text-lg font-semibold">{billingTexts.statusTitle(billing)}</h2>
        <Badge tone={TONES[status]}>
          {status === 'free' ? billingTexts.plans[plan] : billingTexts.status[status]}
        </Badge>
      </div>
      <p className="max-w-prose text-sm leading-relaxed">{billingTexts.statusSentence(billing)}</p>
      <Actions billing={billing} />
    </Card>
  );
}

function Actions({ billing }: { billing: StripeBilling }) {
  const checkout = useStripe('checkout');
  const portal = useStripe('portal');
  const { status } = billing;
  const begin = beginText(billing);
  return (
    <div className="flex flex-wrap gap-3">
      {begin && (
        <Button look="primary" busy={checkout.isPending} onClick={() => checkout.mutate()}>
          {begin}
        </Button>
      )}
      {billing.portal && (
        <Button
          look={status === 'past-due' || status === 'unpaid' || status === 'ending' ? 'primary' : 'secondary'}
          busy={portal.isPending}
          onClick={() => portal.mutate()}
        >
          {portalText(status)}
        </Button>
      )}
    </div>
  );
}

/** null: there is nothing to begin. */
function beginText({ status, trialDays }: StripeBilling): string | null {
  const { actions } = billingTexts;
  if (status === 'cancelled') return actions.again;
  if (status !== 'free') return null;
  return trialDays > 0 ? actions.trial(trialDays) : actions.subscribe;
}

function portalText(status: BillingStatus): string {
  const { actions } = billingTexts;
  switch (status) {
    case 'past-due':
    case 'unpaid':
      return actions.pay;
    case 'ending':
      return actions.keep;
    case 'free':
    case 'cancelled':
      return actions.invoices;
    case 'confirming':
    case 'trial':
    case 'active':
      return actions.manage;
  }
}

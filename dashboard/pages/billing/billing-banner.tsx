/** On every page but the one it leads to, while something about the payment needs its owner. */
import { useLocation } from 'wouter';
import type { Billing } from '../../../src/http/api.ts';
import { useBilling } from '../../billing.ts';
import { billingTexts } from '../../texts/billing.ts';
import type { Tone } from '../../ui/badge.tsx';
import { Banner } from '../../ui/banner.tsx';
import { ButtonLink } from '../../ui/button.tsx';

const EVERY_MS = 60_000;

export function BillingBanner() {
  const [location] = useLocation();
  const { data: billing } = useBilling(EVERY_MS);
  const trouble = billing && troubleOf(billing);
  if (!trouble || location === '/billing') return null;
  return (
    <Banner
      tone={trouble.tone}
      className="mx-auto mt-3 w-[calc(100%-2rem)] max-w-[69rem] md:w-[calc(100%-3rem)]"
      actions={
        <ButtonLink href="/billing" size="sm">
          {billingTexts.banner.action}
        </ButtonLink>
      }
    >
      {trouble.text}
    </Banner>
  );
}

function troubleOf(billing: Billing): { readonly tone: Tone; readonly text: string } | null {
  if (billing.mode === 'self-hosted') return null;
  const { banner } = billingTexts;
  if (billing.status === 'past-due') return { tone: 'rejected', text: banner.pastDue(billing.graceEndsAt) };
  if (billing.status === 'unpaid') return { tone: 'failed', text: banner.unpaid };
  const { waiting } = billing.usage;
  return waiting > 0 ? { tone: 'rejected', text: banner.waiting(waiting) } : null;
}

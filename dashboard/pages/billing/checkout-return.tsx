/** Back from the checkout: paid, and not yet confirmed by Stripe; or not paid. */
import { useQueryClient } from '@tanstack/react-query';
import { Loader2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import type { StripeBilling } from '../../../src/http/api.ts';
import { billingTexts } from '../../texts/billing.ts';
import { Banner } from '../../ui/banner.tsx';
import { useToast } from '../../ui/toast.tsx';

/** How often to look, and when to say that it takes long. */
const LOOK_MS = 1_000;
const LATE_MS = 60_000;

/** What a webhook makes of a checkout that was paid. */
const CONFIRMED = ['trial', 'active', 'ending'];

/** Whether the browser is back from a checkout that Stripe has not confirmed yet. */
export function useUnconfirmed({ status }: StripeBilling): boolean {
  const [search] = useSearchParams();
  return search.get('checkout') === 'done' && !CONFIRMED.includes(status);
}

export function CheckoutReturn({ billing }: { billing: StripeBilling }) {
  const [search] = useSearchParams();
  const outcome = search.get('checkout');
  if (outcome === 'left' && billing.status !== 'confirming')
    return (
      <Banner tone="waiting" title={billingTexts.left.title}>
        {billingTexts.left.sentence}
      </Banner>
    );
  if (outcome === 'done') return <Confirming confirmed={CONFIRMED.includes(billing.status)} />;
  return null;
}

function Confirming({ confirmed }: { confirmed: boolean }) {
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const say = useToast();
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (confirmed) return;
    const look = setInterval(() => void client.invalidateQueries({ queryKey: ['billing'] }), LOOK_MS);
    const grow = setTimeout(() => setLate(true), LATE_MS);
    return () => {
      clearInterval(look);
      clearTimeout(grow);
    };
  }, [confirmed, client]);
  useEffect(() => {
    if (!confirmed) return;
    say(billingTexts.confirmed);
    // The address forgets the checkout, so that loading it again says nothing twice.
    navigate('/billing', { replace: true });
  }, [confirmed, say, navigate]);
  if (confirmed) return null;
  const { title, sentence, late: lateSentence } = billingTexts.confirming;
  return (
    <Banner
      tone="waiting"
      title={
        <span className="inline-flex items-center gap-2">
          <Loader2 aria-hidden className="size-4 animate-spin" />
          {title}
        </span>
      }
    >
      {late ? lateSentence : sentence}
    </Banner>
  );
}

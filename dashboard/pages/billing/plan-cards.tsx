/** The plans side by side. */
import { Check, Minus } from 'lucide-react';
import type { PlanLimits, StripeBilling } from '../../../src/http/api.ts';
import { billingTexts } from '../../texts/billing.ts';
import { Badge } from '../../ui/badge.tsx';
import { Section } from '../../ui/card.tsx';
import { classes } from '../../ui/classes.ts';

export function PlanCards({ billing }: { billing: StripeBilling }) {
  const { plan, plans, price, trialDays } = billing;
  return (
    <Section title={billingTexts.compare}>
      <ul className="grid gap-4 md:grid-cols-2">
        <PlanCard
          name={billingTexts.plans.free}
          price={billingTexts.free.price}
          note={billingTexts.free.note}
          limits={plans.free}
          current={plan === 'free'}
        />
        <PlanCard
          name={billingTexts.plans.paid}
          price={billingTexts.paid.price(price)}
          note={billingTexts.paid.note(trialDays)}
          limits={plans.paid}
          current={plan === 'paid'}
        />
      </ul>
    </Section>
  );
}

function PlanCard({
  name,
  price,
  note,
  limits,
  current,
}: {
  name: string;
  price: string;
  note: string;
  limits: PlanLimits;
  current: boolean;
}) {
  return (
    <li
      className={classes(
        'flex flex-col gap-4 rounded-xl border bg-surface p-5',
        current ? 'border-accent ring-1 ring-accent' : 'border-line',
      )}
    >
      <div className="flex flex-wrap items-start justify-between gap-2">
        <div>
          <h3 className="text-lg font-semibold">{name}</h3>
          <p className="text-sm font-medium">{price}</p>
        </div>
        {current && <Badge tone="accent">{billingTexts.isCurrent}</Badge>}
      </div>
      <p className="text-sm text-muted">{note}</p>
      <ul className="space-y-2 text-sm">
        {billingTexts.gives(limits).map(({ text, given }) => {
          const Icon = given ? Check : Minus;
          return (
            <li key={text} className={classes('flex gap-2.5', !given && 'text-muted')}>
              <Icon aria-hidden className={classes('mt-0.5 size-4 shrink-0', given && 'text-accent')} />
              {text}
            </li>
          );
        })}
      </ul>
    </li>
  );
}

/** What is used of what the plan allows. */
import type { StripeBilling } from '../../../src/http/api.ts';
import { billingTexts } from '../../texts/billing.ts';
import { common } from '../../texts/common.ts';
import { ButtonLink } from '../../ui/button.tsx';
import { Card, Section } from '../../ui/card.tsx';
import { Meter } from '../../ui/meter.tsx';

export function Usage({ billing: { plan, plans, usage } }: { billing: StripeBilling }) {
  const { mailboxes } = plans[plan];
  return (
    <Section title={billingTexts.usage}>
      <Card className="space-y-3">
        <Meter
          label={billingTexts.connected}
          value={usage.connected}
          max={mailboxes}
          text={billingTexts.used(usage.connected, mailboxes)}
          over={usage.connected > mailboxes}
        />
        {usage.waiting > 0 && (
          <div className="flex flex-wrap items-center justify-between gap-3">
            <p className="max-w-prose text-sm">{billingTexts.waiting(usage.waiting)}</p>
            <ButtonLink href="/mailboxes" size="sm">
              {common.nav.mailboxes}
            </ButtonLink>
          </div>
        )}
      </Card>
    </Section>
  );
}

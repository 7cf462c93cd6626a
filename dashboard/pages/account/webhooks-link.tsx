/** The way to the webhooks, which have a page of their own. */
import { webhookTexts } from '../../texts/webhooks.ts';
import { ButtonLink } from '../../ui/button.tsx';
import { Section } from '../../ui/card.tsx';

export const WebhooksLink = () => (
  <Section
    title={webhookTexts.title}
    intro={webhookTexts.intro}
    actions={<ButtonLink href="/webhooks">{webhookTexts.manage}</ButtonLink>}
  >
    {null}
  </Section>
);

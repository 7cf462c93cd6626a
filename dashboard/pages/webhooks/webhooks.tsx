/** Programs that are told what happens: set up, watched, tested, deleted. */
import { Webhook as Icon } from 'lucide-react';
import { useState } from 'react';
import { webhookTexts as texts } from '../../texts/webhooks.ts';
import { ButtonAnchor, ButtonLink } from '../../ui/button.tsx';
import { Page } from '../../ui/page.tsx';
import { EmptyState, ErrorState, Loading, Skeleton } from '../../ui/states.tsx';
import { NewWebhook } from './new-webhook.tsx';
import { SecretDialog } from './secret-dialog.tsx';
import { WebhookCard } from './webhook-card.tsx';
import { useWebhooks } from './webhooks-query.ts';

export default function WebhooksPage() {
  // In this component's state only, and gone with the dialog.
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <Page
      title={texts.title}
      intro={texts.intro}
      actions={
        <>
          <ButtonLink href="/account">{texts.back}</ButtonLink>
          <ButtonAnchor href="/docs/api#events">{texts.docs}</ButtonAnchor>
        </>
      }
    >
      <div className="max-w-3xl space-y-8">
        <NewWebhook onMade={setSecret} />
        <List onSecret={setSecret} />
      </div>
      <SecretDialog secret={secret} onClose={() => setSecret(null)} />
    </Page>
  );
}

function List({ onSecret }: { onSecret: (secret: string) => void }) {
  const { data, error, refetch } = useWebhooks();
  if (data === undefined)
    return error ? (
      <ErrorState error={error} onRetry={() => void refetch()} />
    ) : (
      <Loading className="space-y-4">
        <Skeleton className="h-48" />
      </Loading>
    );
  if (data.length === 0)
    return (
      <EmptyState icon={<Icon aria-hidden className="size-10" />} title={texts.empty.title}>
        {texts.empty.sentence}
      </EmptyState>
    );
  return (
    <ul className="space-y-6">
      {data.map((webhook) => (
        <li key={webhook.id}>
          <WebhookCard webhook={webhook} onSecret={onSecret} />
        </li>
      ))}
    </ul>
  );
}

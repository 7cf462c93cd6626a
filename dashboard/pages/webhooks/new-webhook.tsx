/** Sets a webhook up; hands its secret on, and keeps none. */
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { NewWebhook as Made } from '../../../src/http/api.ts';
import { post } from '../../api.ts';
import { webhookTexts } from '../../texts/webhooks.ts';
import { Button } from '../../ui/button.tsx';
import { Card, Section } from '../../ui/card.tsx';
import {
  errorsOf,
  problemOf,
  type WebhookDraft,
  type WebhookErrors,
  WebhookFields,
} from './webhook-fields.tsx';
import { WEBHOOKS } from './webhooks-query.ts';

const texts = webhookTexts.create;
const EMPTY: WebhookDraft = { url: '', events: ['mailbox.state', 'mailbox.fault'] };

export function NewWebhook({ onMade }: { onMade: (secret: string) => void }) {
  const client = useQueryClient();
  const [draft, setDraft] = useState(EMPTY);
  const [errors, setErrors] = useState<WebhookErrors>({});
  const [busy, setBusy] = useState(false);
  // Not the query library's mutation: that would keep the secret.
  const create = async () => {
    setBusy(true);
    try {
      onMade((await post<Made>('/webhooks', { ...draft, url: draft.url.trim() })).secret);
      setDraft(EMPTY);
      await client.invalidateQueries({ queryKey: WEBHOOKS });
    } catch (failure) {
      setErrors(errorsOf(failure));
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    const problem = problemOf(draft);
    setErrors(problem ?? {});
    if (problem === null) void create();
  };
  return (
    <Section title={texts.title}>
      <Card>
        <form className="space-y-5" onSubmit={submit}>
          <WebhookFields draft={draft} errors={errors} onChange={setDraft} />
          <Button type="submit" look="primary" busy={busy} disabled={draft.url.trim() === ''}>
            {texts.action}
          </Button>
        </form>
      </Card>
    </Section>
  );
}

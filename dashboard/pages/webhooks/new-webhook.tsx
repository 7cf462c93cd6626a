/** Sets a webhook up; hands its secret on, and keeps none. */
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { type NewWebhook as Made, WEBHOOK_EVENTS, type WebhookEvent } from '../../../src/http/api.ts';
import { post } from '../../api.ts';
import { eventTexts, webhookTexts } from '../../texts/webhooks.ts';
import { Button } from '../../ui/button.tsx';
import { Card, Section } from '../../ui/card.tsx';
import { ChoiceField, TextField } from '../../ui/field.tsx';
import { WEBHOOKS } from './webhooks-query.ts';

const texts = webhookTexts.create;
const FIRST_EVENTS: readonly WebhookEvent[] = ['mailbox.state', 'mailbox.fault'];

export function NewWebhook({ onMade }: { onMade: (secret: string) => void }) {
  const client = useQueryClient();
  const [url, setUrl] = useState('');
  const [events, setEvents] = useState(FIRST_EVENTS);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  // Not the query library's mutation: that would keep the secret.
  const create = async () => {
    setBusy(true);
    setError(null);
    try {
      onMade((await post<Made>('/webhooks', { url: url.trim(), events })).secret);
      setUrl('');
      await client.invalidateQueries({ queryKey: WEBHOOKS });
    } catch (failure) {
      setError(
        failure instanceof Error ? failure.message.replace(/^url: /, 'The address ') : String(failure),
      );
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    if (events.length === 0) setError(texts.noEvent);
    else void create();
  };
  const toggle = (event: WebhookEvent, on: boolean) =>
    setEvents(WEBHOOK_EVENTS.filter((one) => (one === event ? on : events.includes(one))));
  return (
    <Section title={texts.title}>
      <Card>
        <form className="space-y-5" onSubmit={submit}>
          <TextField
            label={texts.url}
            hint={texts.urlHint}
            error={error}
            value={url}
            type="url"
            placeholder="https://"
            maxLength={2000}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setUrl(event.target.value)}
          />
          <fieldset className="space-y-4">
            <legend className="mb-3 text-sm font-medium">{texts.events}</legend>
            {WEBHOOK_EVENTS.map((event) => (
              <ChoiceField
                key={event}
                label={eventTexts[event].name}
                hint={eventTexts[event].hint}
                checked={events.includes(event)}
                onChange={({ target }) => toggle(event, target.checked)}
              />
            ))}
          </fieldset>
          <Button type="submit" look="primary" busy={busy} disabled={url.trim() === ''}>
            {texts.action}
          </Button>
        </form>
      </Card>
    </Section>
  );
}

/** Where a webhook leads, and what it is told: the same for a new one and one that is changed. */
import { WEBHOOK_EVENTS, type WebhookEvent } from '../../../src/http/api.ts';
import { eventTexts, webhookTexts } from '../../texts/webhooks.ts';
import { ChoiceField, TextField } from '../../ui/field.tsx';

const texts = webhookTexts.fields;

export interface WebhookDraft {
  readonly url: string;
  readonly events: readonly WebhookEvent[];
}

/** What is wrong, at the field that it is about. */
export interface WebhookErrors {
  readonly url?: string;
  readonly events?: string;
  readonly form?: string;
}

interface Props {
  readonly draft: WebhookDraft;
  readonly errors: WebhookErrors;
  readonly onChange: (draft: WebhookDraft) => void;
}

export function WebhookFields({ draft, errors, onChange }: Props) {
  const { url, events } = draft;
  const toggle = (event: WebhookEvent, on: boolean) =>
    onChange({ url, events: WEBHOOK_EVENTS.filter((one) => (one === event ? on : events.includes(one))) });
  return (
    <>
      <TextField
        label={texts.url}
        hint={texts.urlHint}
        error={errors.url}
        value={url}
        type="url"
        required
        placeholder="https://"
        maxLength={2000}
        autoComplete="off"
        spellCheck={false}
        onChange={({ target }) => onChange({ url: target.value, events })}
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
        {errors.events && <Alert>{errors.events}</Alert>}
      </fieldset>
      {errors.form && <Alert>{errors.form}</Alert>}
    </>
  );
}

const Alert = ({ children }: { children: string }) => (
  <p role="alert" className="text-sm font-medium text-failed">
    {children}
  </p>
);

/** null: it can be sent. */
export const problemOf = ({ events }: WebhookDraft): WebhookErrors | null =>
  events.length === 0 ? { events: texts.noEvent } : null;

export function errorsOf(failure: unknown): WebhookErrors {
  const message = failure instanceof Error ? failure.message : String(failure);
  return message.startsWith(ABOUT_URL)
    ? { url: `${texts.refused} ${message.slice(ABOUT_URL.length)}.` }
    : { form: message };
}

/** The field's name in the API. */
const ABOUT_URL = 'url: ';

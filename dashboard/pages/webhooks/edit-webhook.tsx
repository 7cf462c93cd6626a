/** Another address for a webhook, or other events; only what has changed is sent. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { PatchWebhook, Webhook } from '../../../src/http/api.ts';
import { patch } from '../../api.ts';
import { common } from '../../texts/common.ts';
import { webhookTexts } from '../../texts/webhooks.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useToast } from '../../ui/toast.tsx';
import {
  errorsOf,
  problemOf,
  type WebhookDraft,
  type WebhookErrors,
  WebhookFields,
} from './webhook-fields.tsx';
import { WEBHOOKS } from './webhooks-query.ts';

const texts = webhookTexts.edit;

interface Props {
  readonly webhook: Webhook;
  readonly onClose: () => void;
}

export function EditWebhook({ open, ...props }: Props & { open: boolean }) {
  return (
    <Dialog open={open} onOpenChange={props.onClose} title={texts.title}>
      <EditForm {...props} />
    </Dialog>
  );
}

function EditForm({ webhook, onClose }: Props) {
  const client = useQueryClient();
  const say = useToast();
  const [draft, setDraft] = useState<WebhookDraft>(webhook);
  const [errors, setErrors] = useState<WebhookErrors>({});
  const save = useMutation({
    mutationFn: (change: PatchWebhook) => patch<Webhook>(`/webhooks/${webhook.id}`, change),
    onSuccess: (saved) => {
      client.setQueryData<Webhook[]>(WEBHOOKS, (before) =>
        before?.map((each) => (each.id === saved.id ? saved : each)),
      );
      say(saved.enabled ? texts.saved : texts.savedOff);
      onClose();
    },
    onError: (failure) => setErrors(errorsOf(failure)),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (save.isPending) return;
    const problem = problemOf(draft);
    setErrors(problem ?? {});
    if (problem !== null) return;
    const change = changeOf(webhook, draft);
    if (change === null) onClose();
    else save.mutate(change);
  };
  return (
    <form className="space-y-5" onSubmit={submit}>
      <WebhookFields draft={draft} errors={errors} onChange={setDraft} />
      <p className="text-sm text-muted">{texts.sentence}</p>
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button type="submit" look="primary" busy={save.isPending}>
          {texts.save}
        </Button>
      </div>
    </form>
  );
}

/** null: nothing has. */
function changeOf(webhook: Webhook, { url, events }: WebhookDraft): PatchWebhook | null {
  const change = {
    ...(url.trim() !== webhook.url && { url: url.trim() }),
    ...(events.join() !== webhook.events.join() && { events: [...events] }),
  };
  return Object.keys(change).length > 0 ? change : null;
}

/** One webhook: where it leads, what it is told, whether that works, and what can be done with it. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Webhook } from '../../../src/http/api.ts';
import { patch, post, remove } from '../../api.ts';
import { refresh } from '../../refresh.ts';
import { formatDay } from '../../texts/format.ts';
import { eventTexts, webhookTexts as texts } from '../../texts/webhooks.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Instant } from '../../ui/instant.tsx';
import { useToast } from '../../ui/toast.tsx';
import { DeliveryLog } from './delivery-log.tsx';
import { EditWebhook } from './edit-webhook.tsx';
import { deliveriesKey, WEBHOOKS } from './webhooks-query.ts';

type Asked = 'edit' | 'rotate' | 'remove' | null;

export function WebhookCard({ webhook, onSecret }: { webhook: Webhook; onSecret: (secret: string) => void }) {
  const { id, url, events, enabled, offReason, failingSince, createdAt } = webhook;
  const [asked, setAsked] = useState<Asked>(null);
  return (
    <Card className="space-y-4">
      <article aria-label={url} className="space-y-4">
        <div className="space-y-1">
          <div className="flex flex-wrap items-center gap-2">
            <h2 className="min-w-0 text-base font-semibold wrap-anywhere">{url}</h2>
            <Badge tone={enabled ? 'delivered' : 'rejected'}>{enabled ? texts.on : texts.off}</Badge>
          </div>
          <p className="text-sm text-muted">
            {events.map((event) => eventTexts[event].name).join(' · ')} · {texts.since} {formatDay(createdAt)}
          </p>
          {offReason !== null && <p className="text-sm">{texts.offReasons[offReason]}</p>}
          {enabled && failingSince !== null && (
            <p className="text-sm text-failed">
              {texts.failing} <Instant at={failingSince} />
            </p>
          )}
        </div>
        <Actions webhook={webhook} onAsk={setAsked} />
        <DeliveryLog webhookId={id} enabled={enabled} />
      </article>
      <EditWebhook webhook={webhook} open={asked === 'edit'} onClose={() => setAsked(null)} />
      <Rotation id={id} open={asked === 'rotate'} onClose={() => setAsked(null)} onSecret={onSecret} />
      <Removal id={id} open={asked === 'remove'} onClose={() => setAsked(null)} />
    </Card>
  );
}

function Actions({ webhook: { id, enabled }, onAsk }: { webhook: Webhook; onAsk: (asked: Asked) => void }) {
  const client = useQueryClient();
  const say = useToast();
  const fail = (error: Error) => say(error.message, { failed: true });
  const test = useMutation({
    mutationFn: () => post(`/webhooks/${id}/test`),
    onSuccess: () => {
      say(texts.testSent);
      return refresh(client, deliveriesKey(id));
    },
    onError: fail,
  });
  const toggle = useMutation({
    mutationFn: () => patch(`/webhooks/${id}`, { enabled: !enabled }),
    onSuccess: () => {
      say(enabled ? texts.switchedOff : texts.switchedOn);
      return client.invalidateQueries({ queryKey: WEBHOOKS });
    },
    onError: fail,
  });
  return (
    <div className="flex flex-wrap gap-3">
      {enabled && (
        <Button size="sm" busy={test.isPending} onClick={() => test.mutate()}>
          {texts.test}
        </Button>
      )}
      <Button size="sm" busy={toggle.isPending} onClick={() => toggle.mutate()}>
        {enabled ? texts.switchOff : texts.switchOn}
      </Button>
      <Button size="sm" onClick={() => onAsk('edit')}>
        {texts.edit.open}
      </Button>
      <Button size="sm" onClick={() => onAsk('rotate')}>
        {texts.rotate}
      </Button>
      <Button size="sm" look="danger" onClick={() => onAsk('remove')}>
        {texts.remove}
      </Button>
    </div>
  );
}

function Rotation({
  id,
  open,
  onClose,
  onSecret,
}: {
  id: string;
  open: boolean;
  onClose: () => void;
  onSecret: (secret: string) => void;
}) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const rotate = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const { secret } = await post<{ secret: string }>(`/webhooks/${id}/rotate-secret`, {});
      onClose();
      onSecret(secret);
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onClose}
      title={texts.rotateTitle}
      action={texts.rotateAction}
      busy={busy}
      error={error}
      onConfirm={() => void rotate()}
    >
      <p>{texts.rotateSentence}</p>
    </ConfirmDialog>
  );
}

function Removal({ id, open, onClose }: { id: string; open: boolean; onClose: () => void }) {
  const client = useQueryClient();
  const say = useToast();
  const deletion = useMutation({
    mutationFn: () => remove(`/webhooks/${id}`),
    onSuccess: () => {
      onClose();
      say(texts.removed);
      return client.invalidateQueries({ queryKey: WEBHOOKS });
    },
  });
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onClose}
      title={texts.removeTitle}
      action={texts.removeAction}
      busy={deletion.isPending}
      error={deletion.error?.message}
      onConfirm={() => deletion.mutate()}
    >
      <p>{texts.removeSentence}</p>
    </ConfirmDialog>
  );
}

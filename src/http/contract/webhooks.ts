/** Webhooks and their deliveries, as the API tells it. */
import { z } from 'zod';
import { WEBHOOK_EVENTS } from '../../core/webhook-events.ts';
import { text } from './fields.ts';

const instant = z.iso.datetime();
const count = z.int().min(0);

/** Whether the address may be dialled is judged where it is stored, and again at every try. */
const url = text(2000).transform((value, context) => {
  const parsed = URL.parse(value);
  const problem =
    parsed === null || !/^https?:$/.test(parsed.protocol)
      ? 'must be an https URL'
      : parsed.username !== '' || parsed.password !== ''
        ? 'must not hold a user name or password'
        : parsed.hash !== ''
          ? 'must not have a fragment'
          : null;
  if (parsed !== null && problem === null && parsed.href.length <= 2000) return parsed.href;
  context.addIssue({ code: 'custom', message: problem ?? 'must not be longer than 2000 characters' });
  return z.NEVER;
});

const events = z
  .array(z.enum(WEBHOOK_EVENTS))
  .min(1, 'must name one event at least')
  .max(WEBHOOK_EVENTS.length, `must not name more than ${WEBHOOK_EVENTS.length}`);

export const createWebhookSchema = z.strictObject({ url, events });
export const patchWebhookSchema = z
  .strictObject({ url, events, enabled: z.boolean() })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'must change something');
export type PatchWebhook = z.infer<typeof patchWebhookSchema>;

export const webhookSchema = z.object({
  id: z.uuid(),
  url: z.string(),
  events: z.array(z.enum(WEBHOOK_EVENTS)),
  enabled: z.boolean(),
  /** Who switched it off: its owner; its own answer, 410; or we, because it had taken nothing for days. null: it is on. */
  offReason: z.enum(['owner', 'gone', 'failing']).nullable(),
  /** Since when it has taken nothing; null: it took what came last. */
  failingSince: instant.nullable(),
  createdAt: instant,
});
export type Webhook = z.infer<typeof webhookSchema>;
export const webhooksSchema = z.object({ webhooks: z.array(webhookSchema) });

/** `secret` signs what is delivered. It is shown this once. */
export const newWebhookSchema = webhookSchema.extend({ secret: z.string() });
export type NewWebhook = z.infer<typeof newWebhookSchema>;

/** For how many hours the former secret signs, too; 24 when left out, 0 when it must not be used any more. */
export const rotateSecretSchema = z.strictObject({
  graceHours: z.int().min(0, 'must be between 0 and 72').max(72, 'must be between 0 and 72').default(24),
});
export const newSecretSchema = z.object({ secret: z.string() });

export const deliveryOfWebhookSchema = z.object({
  /** Also the event's: receivers see it at every try and replay. */
  id: z.uuid(),
  event: z.enum(['ping', ...WEBHOOK_EVENTS]),
  at: instant,
  state: z.enum(['pending', 'delivered', 'failed']),
  /** Since it was written, or replayed. */
  tries: count,
  /** null: there is no further one. */
  nextTryAt: instant.nullable(),
  /** Of the last try; null: there was none. */
  triedAt: instant.nullable(),
  /** What it was answered with; null: there was no answer. */
  status: z.int().nullable(),
  /** Why there was none, as a code and its sentence. */
  failure: z.object({ code: z.string(), message: z.string() }).nullable(),
  durationMs: count.nullable(),
});
export type WebhookDelivery = z.infer<typeof deliveryOfWebhookSchema>;

export const webhookDeliveriesQuerySchema = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'must be between 1 and 100')
    .transform(Number)
    .pipe(z.int().min(1, 'must be between 1 and 100').max(100, 'must be between 1 and 100'))
    .default(30),
  cursor: z
    .string()
    .regex(/^\d{1,18}$/, 'must be a nextCursor')
    .optional(),
});
export const webhookDeliveriesSchema = z.object({
  deliveries: z.array(deliveryOfWebhookSchema),
  nextCursor: z.string().nullable(),
});
export type WebhookDeliveries = z.infer<typeof webhookDeliveriesSchema>;

export { WEBHOOK_EVENTS, type WebhookEvent } from '../../core/webhook-events.ts';

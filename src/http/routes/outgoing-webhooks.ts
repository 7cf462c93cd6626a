/** The handlers of outgoing webhooks; what comes in from Stripe and Google is in webhooks.ts. */
import type { Handlers } from '../api-router.ts';
import type { Parts } from '../parts.ts';
import * as webhooks from '../webhooks.ts';

export const outgoingWebhookHandlers = (
  parts: Parts,
): Pick<
  Handlers,
  | 'createWebhook'
  | 'listWebhooks'
  | 'readWebhook'
  | 'editWebhook'
  | 'deleteWebhook'
  | 'testWebhook'
  | 'rotateWebhookSecret'
  | 'listWebhookDeliveries'
  | 'replayWebhookDelivery'
> => ({
  createWebhook: ({ userId, body }) => webhooks.setUpWebhook(parts, userId, body),
  listWebhooks: async ({ userId }) => ({ webhooks: await webhooks.readWebhooks(parts, userId) }),
  readWebhook: ({ userId, id }) => webhooks.readWebhook(parts, userId, id),
  editWebhook: ({ userId, id, body }) => webhooks.editWebhook(parts, userId, id, body),
  deleteWebhook: async ({ userId, id }) => {
    await webhooks.removeWebhook(parts, userId, id);
  },
  testWebhook: ({ userId, id }) => webhooks.testWebhook(parts, userId, id),
  rotateWebhookSecret: async ({ userId, id, body: { graceHours } }) => ({
    secret: await webhooks.rotateSecret(parts, userId, id, graceHours),
  }),
  listWebhookDeliveries: ({ userId, id, query }) => webhooks.readDeliveries(parts, userId, id, query),
  replayWebhookDelivery: ({ userId, id, req }) =>
    webhooks.replay(parts, userId, id, String(req.params.deliveryId)),
});

/** What a webhook may want to be told. For the dashboard, too: nothing of Node is here. */

/** A digest counts what became of messages; it comes at most once a minute. */
export const WEBHOOK_EVENTS = ['mailbox.state', 'mailbox.fault', 'deliveries.digest'] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

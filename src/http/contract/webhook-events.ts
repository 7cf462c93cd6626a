/** What programs are told, as the API's description has it: src/core/webhook.ts has the types. */
import { z } from 'zod';
import { MAILBOX_STATES } from '../../core/mailbox.ts';

const count = z.int().min(0);
const mailbox = z.object({ id: z.uuid(), protocol: z.enum(['imap', 'pop3']), host: z.string() });
const state = z.enum(MAILBOX_STATES);
const faultCode = z.string().nullable();

const told = <E extends string, D extends z.ZodType>(event: E, data: D) =>
  z.object({
    /** The same at every try and replay. */
    id: z.uuid(),
    version: z.literal(1),
    event: z.literal(event),
    /** When it happened. */
    at: z.iso.datetime(),
    data,
  });

export const WEBHOOK_EVENT_SCHEMAS = {
  'mailbox.state': {
    summary: 'A mailbox has come to another state',
    schema: told('mailbox.state', z.object({ mailbox, from: state, to: state, fault: faultCode })),
  },
  'mailbox.fault': {
    summary: 'What is wrong with a mailbox has changed; `to` is null when nothing is any more',
    schema: told('mailbox.fault', z.object({ mailbox, from: faultCode, to: faultCode, state })),
  },
  'deliveries.digest': {
    summary: 'What became of messages since the last digest; at most once a minute',
    schema: told(
      'deliveries.digest',
      z.object({
        since: z.iso.datetime(),
        mailboxes: z.array(
          z.object({
            id: z.uuid(),
            bytes: count,
            counts: z.object({
              delivered: count,
              rejected: count,
              failed: count,
              uncertain: count,
              skipped: count,
            }),
          }),
        ),
      }),
    ),
  },
  ping: { summary: 'A test that its owner asked for', schema: told('ping', z.object({})) },
} as const;

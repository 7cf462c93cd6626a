/** Connecting a mailbox step by step: its live test, and how much a choice would import. */
import { z } from 'zod';
import { FOLDER_USES } from '../../core/folder.ts';
import { PROBE_STEPS } from '../../core/survey.ts';
import { atSourceFields, atSourcePreviewSchema, checkAtSource } from './at-source.ts';
import { choiceFields } from './fields.ts';

const count = z.int().min(0);

export const probeReportSchema = z.object({
  steps: z.array(
    z.object({ step: z.enum(PROBE_STEPS), state: z.enum(['waiting', 'running', 'done', 'failed']) }),
  ),
  fault: z.object({ code: z.string(), message: z.string() }).nullable(),
  /** What was found; empty while it is looked for, and for a mailbox that is set up. POP3 has the one, INBOX. */
  folders: z.array(
    z.object({
      path: z.string(),
      specialUse: z.enum(FOLDER_USES).nullable(),
      /** Choosing all folders leaves it out. */
      aside: z.boolean(),
      /** null: not told. */
      messages: count.nullable(),
      bytes: count.nullable(),
    }),
  ),
  finished: z.boolean(),
  /** `idle`: new mail is told of at once. `uidl`: messages can be told apart. */
  capabilities: z.object({ idle: z.boolean(), uidl: z.boolean() }),
  /** Its owner has not chosen yet what to import; resuming starts it. */
  unfinished: z.boolean(),
});
export type ProbeReportView = z.infer<typeof probeReportSchema>;

export const previewSchema = z
  .strictObject({
    ...choiceFields,
    since: choiceFields.since.default(null),
    /** What would happen at the source: a dry run. */
    afterImport: atSourceFields.afterImport.default('keep'),
    deleteAfterDays: atSourceFields.deleteAfterDays.default(null),
    moveTo: atSourceFields.moveTo.default(null),
  })
  .superRefine(checkAtSource)
  .refine(({ history, since }) => (history === 'since') === (since !== null), {
    path: ['since'],
    message: 'is required when history is "since", and allowed only then',
  });

/** `exact` false: at most so many. `days`, `minutes`: what Gmail's bandwidth a day and rate a minute make of it, at least. */
export const previewAnswerSchema = z.object({
  messages: count,
  bytes: count.nullable(),
  exact: z.boolean(),
  days: count,
  minutes: count,
  /** null: everything would be kept as it is. */
  atSource: atSourcePreviewSchema.nullable(),
});
export type Preview = z.infer<typeof previewAnswerSchema>;

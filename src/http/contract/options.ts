/** A mailbox's options on the wire. */
import { z } from 'zod';
import { LONGEST_LABEL, labelProblem } from '../../core/label.ts';
import { atSourceFields, checkAtSource } from './at-source.ts';
import { choiceFields, text } from './fields.ts';

const label = text(LONGEST_LABEL).superRefine((name, context) => {
  const problem = labelProblem(name);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

export const optionFields = {
  ...choiceFields,
  skipInbox: z
    .boolean()
    .describe(
      'Messages are archived rather than put into the inbox. Those of archive, sent, drafts and trash folders never are put there, and those of the junk folder go to spam.',
    ),
  label: label
    .nullable()
    .describe(
      'The Gmail label that imported messages get; “/” nests. Made when it is first needed. Until the owner has allowed labels at Google (`grant.scopes` of the account; a browser gives it at /auth/labels), messages arrive without.',
    ),
  neverSpam: z.boolean(),
  ...atSourceFields,
  pollSeconds: z.int().min(1).max(86_400),
  folderLabels: z
    .boolean()
    .describe(
      'IMAP: messages get a Gmail label of their folder’s name, nested as the folders are, below `label` where there is one; those of the inbox do not. Takes the permission for labels, as `label` does.',
    ),
  repair: z
    .boolean()
    .describe(
      'Each message is sent as it is first. Where Gmail refuses it for its From header or a NUL byte, a copy with the smallest repair follows, with a header `X-Smtp-Sync-Repaired`: audit status `repaired`, with the reason.',
    ),
  noticeRefused: z
    .boolean()
    .describe(
      'A short message in Gmail tells of each message that ends as `rejected`: 20 a day at most, then one that says that there are more. Not of those from before.',
    ),
  skipSenders: z
    .array(text(320))
    .max(500, 'must not name more than 500 senders')
    .describe(
      'Messages whose first From address is one of these, or in one of these domains or below, are not imported: audit status `skipped`, reason `sender-skipped`. Kept in lower case, domains as A-labels.',
    ),
  neverSpamDomains: z
    .array(text(253))
    .max(500, 'must not name more than 500 domains')
    .describe(
      'Gmail is told never to mark messages as spam whose first From address is in one of these domains or below. What lies in the source’s junk folder stays spam.',
    ),
  maxBytes: z
    .int()
    .min(1)
    .nullable()
    .describe(
      'Larger messages are not imported: audit status `skipped`, reason `over-size-limit`. By the size that the server announces, so that nothing is downloaded, and else by the real one. null: no limit but Gmail’s.',
    ),
};

/** The whole of a mailbox's options, as stored: rules that concern several of them. */
const wholeOptionsSchema = z.strictObject(optionFields).superRefine((options, context) => {
  if (options.history === 'since' && options.since === null)
    context.addIssue({ code: 'custom', path: ['since'], message: 'is required when history is "since"' });
  if (options.history !== 'since' && options.since !== null)
    context.addIssue({ code: 'custom', path: ['since'], message: 'is allowed only when history is "since"' });
  checkAtSource(options, context);
});

export const storedOptionsSchema = z.object({ options: wholeOptionsSchema });

/** Options as sent: every one may be left out. */
export const partialOptionsSchema = z.strictObject(optionFields).partial();

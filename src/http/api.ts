/**
 * The wire contract: what the HTTP API takes and answers. Schemas and types only, no Node, so that the
 * dashboard can import it. Input is parsed strictly; messages name the field and the rule, never the value.
 */
import { z } from 'zod';
import { KEY_SCOPES } from '../core/api-key.ts';
import { AUDIT_STATUSES } from '../core/audit.ts';
import { DEFAULT_OPTIONS, MAILBOX_AUTHS, MAILBOX_STATES } from '../core/mailbox.ts';
import { SIGN_IN_PROVIDER_IDS } from '../core/sign-in-providers.ts';
import { parseEmail } from '../discovery/address.ts';
import { entryAtSourceSchema } from './contract/at-source.ts';
import { sha256, text } from './contract/fields.ts';
import { optionFields, partialOptionsSchema, storedOptionsSchema } from './contract/options.ts';
import { parseHost } from './host.ts';

const host = z
  .string()
  .min(1, 'must not be empty')
  .max(1000, 'must be a host name or an IP address')
  .transform((value, context) => {
    const name = parseHost(value);
    if (name !== null) return name;
    context.addIssue({ code: 'custom', message: 'must be a host name or an IP address' });
    return z.NEVER;
  });

const serverFields = {
  host,
  port: z.int().min(1, 'must be between 1 and 65535').max(65535, 'must be between 1 and 65535'),
  security: z.enum(['tls', 'starttls']),
  username: text(512),
  password: text(512),
};

/**
 * `auth` `oauth`: in a browser its owner signs in at the provider, at `/auth/source/start?mailbox=`; until then the mailbox
 * waits. It takes no password, and only servers of the provider.
 */
export const createMailboxSchema = z
  .strictObject({
    protocol: z.enum(['imap', 'pop3']),
    ...serverFields,
    password: serverFields.password.optional(),
    auth: z
      .enum(MAILBOX_AUTHS)
      .default('password')
      .describe(
        '`password`: `password` is required. `oauth`: the owner signs in at the `provider` instead, in a browser, at `/auth/source/start?mailbox=<id>`; until then the mailbox waits with the fault `source-consent-missing`, and only servers of the provider are taken.',
      ),
    provider: z
      .enum(SIGN_IN_PROVIDER_IDS)
      .optional()
      .describe('With `oauth`: whose sign-in; discovery names it where this installation offers it.'),
    options: partialOptionsSchema.default({}),
    /** false: after its test the mailbox waits, paused, until it is resumed. Default true. */
    start: z.boolean().optional(),
  })
  .superRefine(({ auth, password, provider }, context) => {
    const [needed, foreign] =
      auth === 'oauth' ? (['provider', 'password'] as const) : (['password', 'provider'] as const);
    const given = { password, provider };
    if (given[needed] === undefined)
      context.addIssue({
        code: 'invalid_type',
        expected: 'string',
        path: [needed],
        message: `is required with auth ${auth}`,
        input: undefined,
      });
    if (given[foreign] !== undefined)
      context.addIssue({
        code: 'invalid_type',
        expected: 'undefined',
        path: [foreign],
        message: `does not go with auth ${auth}`,
        input: undefined,
      });
  });
export type CreateMailbox = z.infer<typeof createMailboxSchema>;

export const patchMailboxSchema = z
  .strictObject({ ...serverFields, options: partialOptionsSchema })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'must change something');
export type PatchMailbox = z.infer<typeof patchMailboxSchema>;

const count = z.int().min(0);
const instant = z.iso.datetime();
export const faultSchema = z.object({ code: z.string(), message: z.string() });

export const discoverSchema = z.strictObject({
  email: text(320).transform((value, context) => {
    const address = parseEmail(value);
    if (address !== null) return address;
    context.addIssue({ code: 'custom', message: 'must be an e-mail address' });
    return z.NEVER;
  }),
});

/** Servers to try, best first. `app-password` and `oauth`: the password of the website will not do. */
export const discoverySchema = z.object({
  candidates: z
    .array(
      z.object({
        protocol: z.enum(['imap', 'pop3']),
        host: z.string(),
        port: z.int(),
        security: z.enum(['tls', 'starttls']),
        username: z.string(),
        auth: z.enum(['password', 'app-password', 'oauth']),
        provider: z
          .string()
          .optional()
          .describe('With `oauth`: whose sign-in this installation offers; absent: none.'),
      }),
    )
    .readonly(),
  hint: faultSchema.extend({ url: z.url().optional(), setting: z.string().optional() }).optional(),
});

export type DiscoveryView = z.infer<typeof discoverySchema>;

export const mailboxSchema = z.object({
  id: z.uuid(),
  protocol: z.enum(['imap', 'pop3']),
  host: z.string(),
  port: z.int(),
  security: z.enum(['tls', 'starttls']),
  username: z.string(),
  auth: z.literal('oauth').optional().describe('Its owner signs in at `provider`; absent: with a password.'),
  provider: z.string().optional(),
  state: z.enum(MAILBOX_STATES),
  fault: faultSchema.nullable(),
  options: z.object(optionFields),
  progress: z.object({
    found: count,
    delivered: count,
    rejected: count,
    failed: count,
    uncertain: count,
    waiting: count,
    bytes: count,
  }),
  lastSyncAt: instant.nullable(),
  nextSyncAt: instant.nullable(),
  createdAt: instant,
});
export type Mailbox = z.infer<typeof mailboxSchema>;
export const mailboxesSchema = z.object({ mailboxes: z.array(mailboxSchema) });

/** Which messages to try again; without `status` both kinds. */
export const retrySchema = z.strictObject({ status: z.enum(['failed', 'uncertain']).optional() });
export const retriedSchema = z.object({ retried: count });

export const auditEntrySchema = z.object({
  id: z.string(),
  at: instant,
  mailboxId: z.uuid(),
  senderDomain: z.string(),
  status: z.enum(AUDIT_STATUSES),
  reason: z.string().nullable(),
  sizeBytes: count,
  delayMs: z.int().nullable(),
  /** With `chain=true`: its place in its mailbox's chain, 1, 2, 3 … */
  seq: z.int().min(1).optional(),
  /** With `chain=true`: SHA-256 over the entry and the hash of the one before it, docs/audit-chain.md. */
  hash: sha256.optional(),
});
export type AuditEntryView = z.infer<typeof auditEntrySchema>;
/** One entry with its link in the chain, and what is known of its message besides. */
export const auditDetailSchema = auditEntrySchema.required().extend({
  /** null: everything was to be kept there, or was from then on, or the message was not delivered as it is. */
  atSource: entryAtSourceSchema.nullable(),
});
export type AuditDetail = z.infer<typeof auditDetailSchema>;
export const auditPageSchema = z.object({
  entries: z.array(auditEntrySchema),
  nextCursor: z.string().nullable(),
});

const when = z.union([z.iso.date(), z.iso.datetime({ offset: true })], 'must be a date or a date and time');
const auditFilters = {
  mailbox: z.string().optional(),
  status: z.enum(AUDIT_STATUSES).optional(),
  domain: text(253).optional(),
  from: when.optional(),
  to: when.optional(),
};
/** Adds each entry's link in its mailbox's chain. */
const chain = z.literal('true', 'must be true').optional();
export const auditStatsQuerySchema = z.strictObject(auditFilters);
export type AuditFilters = z.infer<typeof auditStatsQuerySchema>;
export const auditCsvQuerySchema = z.strictObject({ ...auditFilters, chain });
export const auditQuerySchema = z.strictObject({
  ...auditFilters,
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'must be between 1 and 500')
    .transform(Number)
    .pipe(z.int().min(1, 'must be between 1 and 500').max(500, 'must be between 1 and 500'))
    .default(100),
  cursor: z
    .string()
    .regex(/^\d{1,17}-\d{1,18}$/, 'must be a nextCursor')
    .optional(),
  chain,
});

export const accountSchema = z.object({
  id: z.uuid(),
  email: z.string(),
  createdAt: instant,
  grant: z.object({
    state: z.enum(['given', 'refused', 'missing']),
    fault: faultSchema.nullable(),
    scopes: z.array(z.string()),
    grantedAt: instant.nullable(),
  }),
});
export type Account = z.infer<typeof accountSchema>;

const DAYS_OF_A_KEY = 'must be between 1 and 3650';
export const createApiKeySchema = z.strictObject({
  name: text(100),
  /** What the key may do; left out: everything, as `full`. */
  scopes: z
    .array(z.enum(KEY_SCOPES))
    .min(1, 'must name one scope at least')
    .max(KEY_SCOPES.length, `must not name more than ${KEY_SCOPES.length}`)
    .optional(),
  /** Left out: it does not end by itself. */
  expiresInDays: z.int().min(1, DAYS_OF_A_KEY).max(3650, DAYS_OF_A_KEY).optional(),
});
export const newApiKeySchema = z.object({ id: z.uuid(), key: z.string() });
export const apiKeysSchema = z.object({
  apiKeys: z.array(
    z.object({
      id: z.uuid(),
      name: z.string(),
      createdAt: instant,
      /** To the minute. */
      lastUsedAt: instant.nullable(),
      scopes: z.array(z.enum(KEY_SCOPES)),
      /** null: it does not end by itself. */
      expiresAt: instant.nullable(),
    }),
  ),
});

export const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
/** `revoked`: whether Google has confirmed within a few seconds; otherwise a worker goes on trying. */
export const deletedAccountSchema = z.object({ deleted: z.literal(true), revoked: z.boolean() });

export { KEY_SCOPES, type KeyScope, SCOPE_TEXTS } from '../core/api-key.ts';
export { labelProblem } from '../core/label.ts';
export { GMAIL_LABELS_SCOPE } from '../core/scopes.ts';
export * from './contract/audit-chain.ts';
export * from './contract/billing.ts';
export type * from './contract/faults.ts';
export * from './contract/glass-box.ts';
export * from './contract/mailbox-list.ts';
export * from './contract/notices.ts';
export * from './contract/sessions.ts';
export * from './contract/webhooks.ts';
export * from './contract/wizard.ts';
export { DEFAULT_OPTIONS, storedOptionsSchema };

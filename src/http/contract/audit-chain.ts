/** The wire contract of the audit log's chains: docs/audit-chain.md says how a hash is made and what it proves. */
import { z } from 'zod';
import { sha256 } from './fields.ts';

const seq = z.int().min(0);
const instant = z.iso.datetime();

/** The last entry; before there is one, 0 and the genesis. */
const head = z.object({ seq, hash: sha256, at: instant.nullable() });

export const chainSchema = z.object({
  mailboxId: z.uuid(),
  /** What the first entry is chained to. */
  genesis: sha256,
  head,
});
export type Chain = z.infer<typeof chainSchema>;

const place = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a whole number')
  .transform(Number);

export const verifyQuerySchema = z
  .strictObject({
    /** Start behind this entry: `next` of the call before. */
    after: place.default(0),
    /** A link that was kept earlier, such as a head: is it still part of the chain? Both or neither. */
    keptSeq: place.optional(),
    keptHash: sha256.optional(),
  })
  .refine(({ keptSeq, keptHash }) => (keptSeq === undefined) === (keptHash === undefined), {
    path: ['keptHash'],
    message: 'keptSeq and keptHash go together',
  });

/**
 * One stretch of a chain, computed again. A chain is whole when the calls have come from 0 to `next` null and none has found
 * it broken.
 */
export const verificationSchema = z.object({
  /** Entries looked at in this call, 50,000 at most. */
  checked: seq,
  /** The `seq` of the last of them. */
  to: seq,
  /** `after` for the next call; null: the end was reached, or a break. */
  next: seq.nullable(),
  head,
  /** The first place that is wrong. `missing`: no entry is there; `changed`: the one that is there does not follow. */
  broken: z
    .object({
      seq,
      why: z.enum(['changed', 'missing']),
      entryId: z.string().nullable(),
      at: instant.nullable(),
    })
    .nullable(),
  /** Whether what was kept is part of the chain; null: nothing was sent. */
  keptIsPart: z.boolean().nullable(),
});
export type Verification = z.infer<typeof verificationSchema>;

/** Parts of the wire contract that several nouns share. */
import { z } from 'zod';
import { canonicalFolders } from '../../core/folder.ts';

/** Text without control characters or half characters: neither a mail server nor PostgreSQL may see them. */
export const text = (max: number) =>
  z
    .string()
    .min(1, 'must not be empty')
    .max(max, `must not be longer than ${max} characters`)
    .regex(/^[^\u0000-\u001f\u007f-\u009f]*$/, 'must not contain control characters')
    .refine((value) => value.isWellFormed(), 'must be whole Unicode characters');

/** SHA-256, in lower-case hexadecimal. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal');

/** A day that PostgreSQL knows, too. */
export const day = z.iso
  .date('must be a date like 2026-01-01')
  .refine((value) => value >= '0001', 'must be a date like 2026-01-01');

/** Which messages are wanted. */
export const choiceFields = {
  history: z.enum(['all', 'new', 'since']),
  since: day.nullable(),
  folders: z.union(
    [
      z.literal('all'),
      z
        .array(text(255))
        .min(1, 'must name at least one folder')
        .max(100, 'must not name more than 100 folders')
        .overwrite(canonicalFolders),
    ],
    'must be "all" or a list of 1 to 100 folder names',
  ),
};

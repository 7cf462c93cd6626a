/** The wire contract of lists of mailboxes: docs/moving.md has their columns. */
import { z } from 'zod';

/** CSV, UTF-8, 256 kB and 100 lines at most. */
export const mailboxListSchema = z.string();

export const importedSchema = z.object({
  /** In the order of the list. */
  lines: z.array(
    z.object({
      /** Of the file, from 1, which names the columns. */
      line: z.int().min(1),
      ok: z.boolean(),
      mailboxId: z.uuid().nullable(),
      signInUrl: z
        .url()
        .nullable()
        .describe(
          'Where its owner signs in, in a browser, before anything is fetched; null: that is not needed.',
        ),
      /** As a single call would have been refused; null when `ok`. */
      error: z.object({ code: z.string(), message: z.string() }).nullable(),
    }),
  ),
});
export type Imported = z.infer<typeof importedSchema>;

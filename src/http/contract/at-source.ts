/** What happens at the source after an import, on the wire. */
import { z } from 'zod';
import { DISPOSAL_OUTCOMES } from '../../core/disposal.ts';
import { isInbox } from '../../core/folder.ts';
import { AFTER_IMPORT, type AfterImport } from '../../core/mailbox.ts';
import { text } from './fields.ts';

const count = z.int().min(0);

export const atSourceFields = {
  afterImport: z
    .enum(AFTER_IMPORT)
    .describe(
      'What happens to a message at the source after Gmail has it for certain, from the choice on; never to one that was refused, failed, was skipped (as copies in other folders are), is uncertain or arrived as a repaired copy. POP3: `keep` and `delete` only. Choosing otherwise cancels what waits.',
    ),
  deleteAfterDays: z
    .int()
    .min(0)
    .max(3650)
    .nullable()
    .describe('Only with `delete`: so many days after the delivery; null or 0: at once.'),
  moveTo: text(255)
    .nullable()
    .describe(
      'Exactly with `move`: a folder at the source that exists, and is not imported; with `folders` "all" it is left out.',
    ),
};

interface AtSource {
  readonly afterImport: AfterImport;
  readonly deleteAfterDays: number | null;
  readonly moveTo: string | null;
  readonly folders: 'all' | readonly string[];
}

/** Rules that concern several of the options. */
export function checkAtSource(options: AtSource, context: z.RefinementCtx): void {
  const { afterImport, deleteAfterDays, moveTo, folders } = options;
  const issue = (path: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [path], message });
  if (afterImport !== 'delete' && deleteAfterDays !== null)
    issue('deleteAfterDays', 'is allowed only when afterImport is "delete"');
  if (afterImport === 'move' && moveTo === null) issue('moveTo', 'is required when afterImport is "move"');
  if (afterImport !== 'move' && moveTo !== null)
    issue('moveTo', 'is allowed only when afterImport is "move"');
  if (moveTo === null) return;
  // What is moved there would be imported once more.
  const visited = folders !== 'all' && folders.some((name) => name === moveTo);
  if (isInbox(moveTo) || visited) issue('moveTo', 'must not be a folder that is imported');
}

const problem = z
  .object({
    code: z.string(),
    message: z.string(),
  })
  .nullable();

/** What has been done at a mailbox's source since it was connected, and what waits for it. */
export const atSourceSchema = z.object({
  deleted: count,
  moved: count,
  markedRead: count,
  /** Somebody else had removed them before. */
  gone: count,
  /** Left as they are. `changed`: the server has another message under the id now; `renumbered`: it gave out other ids; `refused`: it would not, eight times. */
  left: z.object({ changed: count, renumbered: count, refused: count }),
  /** Delivered, and not done yet: their day has not come, or the next visit has. */
  waiting: count,
  /** What keeps it from being done at present; the import goes on. */
  problem,
});

/** What became, at the source, of one message that was delivered. */
export const entryAtSourceSchema = z.object({
  action: z.enum(['delete', 'move', 'mark-read']),
  outcome: z
    .enum(['waiting', ...DISPOSAL_OUTCOMES])
    .describe(
      'waiting: not yet; done; gone: somebody else had removed it; changed: another message is under its id now, renumbered: its id is, refused: the server did not do it, eight times: of these three it was left as it is.',
    ),
  /** When it ended; null: it waits. */
  at: z.iso.datetime().nullable(),
  /** It waits until then, and for the next visit; null: it has ended. */
  dueAt: z.iso.datetime().nullable(),
});

/** A dry run: what would be done at the source. Nothing is. */
export const atSourcePreviewSchema = z.object({
  /** Messages there that are not imported yet and would be: of each, when it is delivered, */
  atOnce: count,
  /** or so many days later. */
  later: count,
  /** Delivered already, and waiting for it under the present choice. */
  waiting: count,
  /** Of those, the ones whose time would have come: the next visit does it. */
  due: count,
  /** What keeps it from being done. */
  problem,
});

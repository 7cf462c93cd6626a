/** The audit log's chains: their ends, and whether they are whole. */
import type { MailboxId, UserId } from '../core/mailbox.ts';
import * as rows from '../db/audit-chain.ts';
import type { Chain, Verification } from './api.ts';
import { HttpError } from './errors.ts';
import type { Parts } from './parts.ts';

/** A few tenths of a second; a million entries are twenty calls. */
const STRETCH = 50_000;

const headView = ({ seq, hash, at }: rows.ChainHead): Chain['head'] => ({
  seq,
  hash,
  at: at?.toISOString() ?? null,
});

export const chainView = ({ mailboxId, genesis, head }: rows.Chain): Chain => ({
  mailboxId,
  genesis,
  head: headView(head),
});

export const readChain = (parts: Parts, userId: UserId, id: string): Promise<Chain> =>
  parts.database.withTenant(userId, async (tx) => {
    const chain = await rows.findChain(tx, id as MailboxId);
    if (chain === null) throw new HttpError('not-found');
    return chainView(chain);
  });

export interface VerifyQuestion {
  readonly after: number;
  readonly keptSeq?: number | undefined;
  readonly keptHash?: string | undefined;
}

/** One stretch; whoever wants all of it asks on. */
export const verifyChain = (
  parts: Parts,
  userId: UserId,
  id: string,
  { after, keptSeq, keptHash }: VerifyQuestion,
): Promise<Verification> =>
  parts.database.withTenant(userId, async (tx) => {
    const mailboxId = id as MailboxId;
    const found = await rows.verifyLinks(tx, mailboxId, after, STRETCH);
    if (found === null) throw new HttpError('not-found');
    const { checked, to, head, broken } = found;
    const keptIsPart =
      keptSeq === undefined || keptHash === undefined
        ? null
        : await rows.hasLink(tx, mailboxId, keptSeq, keptHash);
    return {
      checked,
      to,
      next: broken === null && checked === STRETCH ? to : null,
      head: headView(head),
      broken: broken && { ...broken, at: broken.at?.toISOString() ?? null },
      keptIsPart,
    };
  });

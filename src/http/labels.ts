/** The second permission at Google: who may want it, and the page that says what it is before Google asks. */
import type { Request, Response } from 'express';
import { GMAIL_LABELS_SCOPE } from '../core/scopes.ts';
import { readGrant } from '../db/grants.ts';
import { wantsLabels } from '../db/labels.ts';
import { findUser } from '../db/users.ts';
import { frameOf } from './frame-of.ts';
import { nextPage, nextQuery } from './next-page.ts';
import { labelsPage } from './pages/labels.ts';
import type { Parts } from './parts.ts';
import { identify } from './session.ts';

export interface LabelViewer {
  readonly email: string;
  /** A mailbox has labels switched on. */
  readonly wanted: boolean;
  readonly allowed: boolean;
}

/** Who is signed in in this browser; null: nobody. */
export async function labelViewerOf(parts: Parts, req: Request): Promise<LabelViewer | null> {
  const caller = await identify(parts, req);
  if (caller?.kind !== 'session') return null;
  return parts.database.withTenant(caller.userId, async (tx) => {
    const [user, grant, wanted] = await Promise.all([findUser(tx), readGrant(tx), wantsLabels(tx)]);
    return (
      user && { email: user.email, wanted, allowed: grant?.scopes.includes(GMAIL_LABELS_SCOPE) ?? false }
    );
  });
}

export async function showLabels(parts: Parts, req: Request, res: Response): Promise<void> {
  const next = nextPage(req.query.next, parts.settings.publicUrl);
  const viewer = await labelViewerOf(parts, req);
  if (viewer === null) {
    res.redirect(303, `/auth/start${nextQuery(next)}`);
    return;
  }
  const frame = { ...frameOf(parts, req), path: `/auth/labels${nextQuery(next)}` };
  res.send(labelsPage({ frame, next, viewer }));
}

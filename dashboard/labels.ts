/** Whether mail can be labelled, and where Google is asked for it. */
import { type Account, GMAIL_LABELS_SCOPE, type Mailbox } from '../src/http/api.ts';

export const mayLabel = ({ grant }: Account): boolean => grant.scopes.includes(GMAIL_LABELS_SCOPE);

export const wantsLabels = ({
  label,
  folderLabels,
}: Pick<Mailbox['options'], 'label' | 'folderLabels'>): boolean => label !== null || folderLabels;

/** The page that explains the permission and leads on to Google; it comes back to `next`, a path of ours. */
export const allowLabelsAt = (next: string): string => `/auth/labels?next=${encodeURIComponent(next)}`;

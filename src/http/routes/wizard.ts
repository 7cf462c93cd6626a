/** The wizard's handlers. */
import type { Handlers } from '../api-router.ts';
import type { Parts } from '../parts.ts';
import { previewMailbox, readProbe } from '../wizard.ts';

export const wizardHandlers = (parts: Parts): Pick<Handlers, 'readProbe' | 'previewMailbox'> => ({
  readProbe: ({ userId, id }) => readProbe(parts, userId, id),
  previewMailbox: ({ userId, id, body }) => previewMailbox(parts, userId, id, body),
});

/** Handlers of the calls about plans and payment. */
import type { Handlers } from '../api-router.ts';
import { openPortal, readBilling, startCheckout } from '../billing.ts';
import type { Parts } from '../parts.ts';

export const billingHandlers = (
  parts: Parts,
): Pick<Handlers, 'readBilling' | 'startCheckout' | 'openPortal'> => ({
  readBilling: ({ userId }) => readBilling(parts, userId),
  startCheckout: ({ userId }) => startCheckout(parts, userId),
  openPortal: ({ userId }) => openPortal(parts, userId),
});

import { type RefObject, useEffect } from 'react';

/**
 * Whoever cannot see that a page or a step has changed is told by where the focus is: on its heading, once it is there. A menu
 * or a dialog that was opened meanwhile keeps it; taking it would close the menu.
 */
export function useArrivalFocus(heading: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const isElsewhere = document.activeElement?.closest('[role="menu"], [role="dialog"]') != null;
    // One that has just been opened has not got it yet.
    const isOpening = document.querySelector('[aria-haspopup="menu"][aria-expanded="true"]') !== null;
    if (!isElsewhere && !isOpening) heading.current?.focus({ preventScroll: true });
  }, [heading]);
}

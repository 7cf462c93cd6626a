/** A question or a form above the page. Escape and the cross close it; the focus returns to where it came from. */
import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { type ReactNode, useRef } from 'react';
import { common } from '../texts/common.ts';
import { classes } from './classes.ts';

export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  side = false,
  children,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: ReactNode;
  /** At the right edge instead of in the middle: for details that belong to a list. */
  side?: boolean;
  children: ReactNode;
}) {
  // Opened by state, not by a trigger: the library does not know where the focus came from.
  const before = useRef<Element | null>(null);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/50" />
        <Radix.Content
          onOpenAutoFocus={() => {
            before.current = document.activeElement;
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (before.current instanceof HTMLElement) before.current.focus({ preventScroll: true });
          }}
          {...(!description && { 'aria-describedby': undefined })}
          className={classes(
            'fixed z-50 overflow-y-auto border border-line bg-raised p-6 shadow-xl',
            side
              ? 'inset-y-0 right-0 w-full max-w-md border-y-0 border-r-0'
              : 'top-1/2 left-1/2 max-h-[90dvh] w-[calc(100%-2rem)] max-w-lg -translate-x-1/2 -translate-y-1/2 rounded-2xl',
          )}
        >
          <div className="flex items-start justify-between gap-4">
            <Radix.Title className="min-w-0 text-lg font-semibold wrap-anywhere">{title}</Radix.Title>
            <Radix.Close
              aria-label={common.close}
              className="-m-1 flex size-8 items-center justify-center rounded-lg text-muted hover:bg-sunken"
            >
              <X aria-hidden className="size-5" />
            </Radix.Close>
          </div>
          {description && (
            <Radix.Description className="mt-1 text-sm wrap-anywhere text-muted">
              {description}
            </Radix.Description>
          )}
          <div className="mt-4">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

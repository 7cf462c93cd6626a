/** A button that opens a list of actions. */
import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import { classes } from './classes.ts';

export interface MenuItem {
  readonly text: string;
  readonly onSelect: () => void;
  readonly danger?: boolean;
  readonly disabled?: boolean;
}

/** `trigger` is one button; it gets the keyboard and ARIA that a menu's button has. */
export function Menu({ trigger, items }: { trigger: ReactNode; items: readonly MenuItem[] }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      {/* Where its button is: in a landmark, where assistive technology looks for content. A portal's place is known only once
          the page is drawn, and a menu that is moved there while it is open closes. */}
      <DropdownMenu.Content
        align="end"
        sideOffset={6}
        collisionPadding={8}
        className="z-50 min-w-44 rounded-xl border border-line bg-raised p-1.5 shadow-lg"
      >
        {items.map((item) => (
          <DropdownMenu.Item
            key={item.text}
            disabled={item.disabled ?? false}
            onSelect={item.onSelect}
            className={classes(
              'flex min-h-9 cursor-pointer items-center rounded-lg px-3 text-sm outline-none',
              'data-disabled:cursor-not-allowed data-disabled:opacity-60 data-highlighted:bg-sunken',
              item.danger && 'text-failed',
            )}
          >
            {item.text}
          </DropdownMenu.Item>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}

/** Buttons, and links that look like them. */
import { Loader2 } from 'lucide-react';
import type { AnchorHTMLAttributes, ButtonHTMLAttributes, ReactNode } from 'react';
import { Link } from 'wouter';
import { classes } from './classes.ts';

type Look = 'primary' | 'secondary' | 'quiet' | 'danger';

const LOOKS: Readonly<Record<Look, string>> = {
  // The border is seen where the system takes the colours away.
  primary: 'border border-transparent bg-accent text-on-accent hover:bg-accent-strong',
  secondary: 'border border-line-strong bg-surface text-ink hover:bg-sunken',
  quiet: 'text-ink hover:bg-sunken',
  danger: 'border border-failed bg-surface text-failed hover:bg-failed-soft',
};

export const buttonClasses = (look: Look = 'secondary', size: 'md' | 'sm' = 'md'): string =>
  classes(
    'inline-flex items-center justify-center gap-2 rounded-lg font-medium max-w-full sm:whitespace-nowrap transition-colors',
    'disabled:cursor-not-allowed disabled:opacity-60',
    size === 'sm' ? 'min-h-8 px-3 text-sm' : 'min-h-10 px-4 text-sm',
    LOOKS[look],
  );

interface Looks {
  readonly look?: Look;
  readonly size?: 'md' | 'sm';
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement>, Looks {
  /** Shows that it is at work and ignores further presses, keeping the focus. */
  readonly busy?: boolean;
}

export function Button({ look, size, busy = false, className, children, onClick, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-disabled={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      className={classes(buttonClasses(look, size), busy && 'opacity-70', className)}
    >
      {busy && <Loader2 aria-hidden className="size-4 animate-spin" />}
      {children}
    </button>
  );
}

/** Goes to a page of the app. */
export function ButtonLink({
  href,
  look,
  size,
  className,
  children,
}: Looks & { href: string; className?: string; children: ReactNode }) {
  return (
    <Link href={href} className={classes(buttonClasses(look, size), className)}>
      {children}
    </Link>
  );
}

/** Leaves the app: sign-in, downloads, another site. */
export function ButtonAnchor({
  look,
  size,
  className,
  children,
  ...rest
}: AnchorHTMLAttributes<HTMLAnchorElement> & Looks) {
  return (
    <a {...rest} className={classes(buttonClasses(look, size), className)}>
      {children}
    </a>
  );
}

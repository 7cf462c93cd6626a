/** Options that are grouped in sections of their own, alike in the wizard and in a mailbox's settings. */
import type { ComponentType } from 'react';
import type { Mailbox } from '../../../src/http/api.ts';

type Options = Mailbox['options'];
export type Extras = Omit<
  Options,
  'history' | 'since' | 'folders' | 'skipInbox' | 'neverSpam' | 'pollSeconds'
>;

/** Which messages are wanted. */
export interface Selection extends Pick<Options, 'history' | 'since'> {
  readonly folders: 'all' | readonly string[];
}

export interface SectionProps {
  readonly mailbox: Mailbox;
  /** As it is chosen now; null: not wholly chosen yet. */
  readonly selection: Selection | null;
  readonly extras: Extras;
  readonly change: (part: Partial<Extras>) => void;
  /** What the last try to save found wrong in this section, as `wrongOf` said. */
  readonly wrong: string | null;
}

export interface OptionSection {
  /** Stable; for keys. */
  readonly id: string;
  readonly Fields: ComponentType<SectionProps>;
  /** A sentence when the input cannot be sent as it is; null: it can. */
  readonly wrongOf: (extras: Extras) => string | null;
  /** What is chosen, to be read; none: nothing worth a line. */
  readonly linesOf: (mailbox: Mailbox) => readonly { readonly name: string; readonly text: string }[];
}

export function extrasOf({
  history: _history,
  since: _since,
  folders: _folders,
  skipInbox: _skipInbox,
  neverSpam: _neverSpam,
  pollSeconds: _pollSeconds,
  ...extras
}: Options): Extras {
  return extras;
}

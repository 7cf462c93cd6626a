/** The sections in the order in which they are shown. */
import type { Extras, OptionSection } from './extras.ts';

export const SECTIONS: readonly OptionSection[] = [];

export const areSendable = (extras: Extras): boolean =>
  SECTIONS.every(({ wrongOf }) => wrongOf(extras) === null);

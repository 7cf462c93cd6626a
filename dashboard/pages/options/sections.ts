/** The sections in the order in which they are shown. */
import { AT_SOURCE } from './at-source-section.tsx';
import type { Extras, OptionSection } from './extras.ts';
import { LABELS } from './labels-section.tsx';
import { REFUSALS } from './refusals-section.tsx';
import { RULES } from './rules-section.tsx';

export const SECTIONS: readonly OptionSection[] = [LABELS, RULES, REFUSALS, AT_SOURCE];

export const areSendable = (extras: Extras): boolean =>
  SECTIONS.every(({ wrongOf }) => wrongOf(extras) === null);

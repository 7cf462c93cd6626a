/** All sections; `refused`: the last try to save them was, so what is wrong is said. */
import type { SectionProps } from './extras.ts';
import { SECTIONS } from './sections.ts';

export const OptionSections = ({
  refused,
  ...props
}: Omit<SectionProps, 'wrong'> & { readonly refused: boolean }) =>
  SECTIONS.map(({ id, Fields, wrongOf }) => (
    <Fields key={id} {...props} wrong={refused ? wrongOf(props.extras) : null} />
  ));

/** What may be done about messages that Gmail refuses. */
import { refusalTexts as texts } from '../../texts/refusals.ts';
import { Card } from '../../ui/card.tsx';
import { ChoiceField } from '../../ui/field.tsx';
import type { OptionSection, SectionProps } from './extras.ts';

const RefusalFields = ({ extras, change }: SectionProps) => (
  <Card>
    <fieldset className="space-y-4">
      <legend className="mb-3 text-base font-semibold">{texts.title}</legend>
      <p className="text-sm text-muted">{texts.intro}</p>
      <ChoiceField
        label={texts.repair}
        hint={texts.repairHint}
        checked={extras.repair}
        onChange={({ target }) => change({ repair: target.checked })}
      />
      <ChoiceField
        label={texts.notice}
        hint={texts.noticeHint}
        checked={extras.noticeRefused}
        onChange={({ target }) => change({ noticeRefused: target.checked })}
      />
    </fieldset>
  </Card>
);

export const REFUSALS: OptionSection = {
  id: 'refusals',
  Fields: RefusalFields,
  wrongOf: () => null,
  linesOf: ({ options: { repair, noticeRefused } }) => [
    ...(repair ? [{ name: texts.lines.repair, text: texts.lines.repairOn }] : []),
    ...(noticeRefused ? [{ name: texts.lines.notice, text: texts.lines.noticeOn }] : []),
  ],
};

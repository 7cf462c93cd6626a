/** Which labels imported mail gets in Gmail, and whether Google allows any. */
import { useLocation, useSearch } from 'wouter';
import { labelProblem } from '../../../src/http/api.ts';
import { useAccount } from '../../account.ts';
import { allowLabelsAt, mayLabel, wantsLabels } from '../../labels.ts';
import { labelTexts as texts } from '../../texts/labels.ts';
import { Banner } from '../../ui/banner.tsx';
import { ButtonAnchor } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ChoiceField, TextField } from '../../ui/field.tsx';
import type { Extras, OptionSection, SectionProps } from './extras.ts';

function LabelFields({ mailbox, extras, change, wrong }: SectionProps) {
  return (
    <Card>
      <fieldset className="space-y-4">
        <legend className="mb-3 text-base font-semibold">{texts.title}</legend>
        <TextField
          label={texts.label}
          hint={texts.labelHint}
          error={wrong}
          autoComplete="off"
          maxLength={225}
          value={extras.label ?? ''}
          onChange={({ target }) => change({ label: target.value === '' ? null : target.value })}
          onBlur={({ target }) => change({ label: target.value.trim() || null })}
        />
        {mailbox.protocol === 'imap' && (
          <ChoiceField
            label={texts.folders}
            hint={texts.foldersHint}
            checked={extras.folderLabels}
            onChange={({ target }) => change({ folderLabels: target.checked })}
          />
        )}
        {wantsLabels(extras) && <Permission />}
      </fieldset>
    </Card>
  );
}

function Permission() {
  const { data: account } = useAccount();
  const [path] = useLocation();
  const search = useSearch();
  if (account === undefined) return null;
  if (mayLabel(account)) return <p className="text-sm text-muted">{texts.allowed}</p>;
  // The wizard keeps what was typed; a dialog would not.
  const isKept = path.startsWith('/connect');
  const here = search === '' ? path : `${path}?${search}`;
  return (
    <Banner
      tone="waiting"
      title={texts.missing.title}
      actions={isKept && <ButtonAnchor href={allowLabelsAt(here)}>{texts.missing.action}</ButtonAnchor>}
    >
      <p>
        {texts.missing.sentence} {!isKept && texts.missing.later}
      </p>
    </Banner>
  );
}

function wrongOf({ label }: Extras): string | null {
  const problem = label === null ? null : labelProblem(label);
  return problem === null ? null : texts.wrong(problem);
}

export const LABELS: OptionSection = {
  id: 'labels',
  Fields: LabelFields,
  wrongOf,
  linesOf: ({ options: { label, folderLabels } }) => [
    ...(label === null ? [] : [{ name: texts.lines.label, text: label }]),
    ...(folderLabels ? [{ name: texts.lines.folders, text: texts.lines.foldersOn }] : []),
  ],
};

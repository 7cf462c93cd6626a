/** What happens to messages at the provider after they were imported. */
import { useState } from 'react';
import type { Mailbox } from '../../../src/http/api.ts';
import { atSourceTexts as texts } from '../../texts/at-source.ts';
import { Card } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { ChoiceField, TextField } from '../../ui/field.tsx';
import { DryRun } from './dry-run.tsx';
import type { Extras, OptionSection, SectionProps } from './extras.ts';

type Choice = Extras['afterImport'];

/** POP3 has neither folders nor flags. */
const choicesOf = ({ protocol }: Mailbox): readonly Choice[] =>
  protocol === 'imap' ? ['keep', 'mark-read', 'move', 'delete'] : ['keep', 'delete'];

const untouched = ({ protocol }: Mailbox): string =>
  protocol === 'imap' ? `${texts.never} ${texts.copies}` : texts.never;

const MAX_DAYS = 3650;

function AtSourceFields({ mailbox, selection, extras, change, wrong }: SectionProps) {
  const [asking, setAsking] = useState(false);
  const { afterImport, deleteAfterDays, moveTo } = extras;
  const choose = (choice: Choice) =>
    change({ afterImport: choice, deleteAfterDays: null, moveTo: choice === 'move' ? moveTo : null });
  // What its owner has agreed to once is not asked for again.
  const ask = (choice: Choice) =>
    choice === 'delete' && mailbox.options.afterImport !== 'delete' ? setAsking(true) : choose(choice);
  const cancels = mailbox.options.afterImport !== 'keep' && afterImport !== mailbox.options.afterImport;
  return (
    <Card className="space-y-4">
      <fieldset className="space-y-4">
        <legend className="text-base font-semibold">{texts.title}</legend>
        <p className="text-sm text-muted">{texts.intro}</p>
        {choicesOf(mailbox).map((choice) => (
          <ChoiceField
            key={choice}
            type="radio"
            name={`after-import-${mailbox.id}`}
            label={texts.choices[choice].label}
            hint={texts.choices[choice].hint}
            checked={afterImport === choice}
            onChange={() => ask(choice)}
          />
        ))}
      </fieldset>
      {afterImport === 'move' && (
        <TextField
          label={texts.folder}
          hint={texts.folderHint}
          error={wrong}
          autoComplete="off"
          maxLength={255}
          value={moveTo ?? ''}
          onChange={({ target }) => change({ moveTo: target.value === '' ? null : target.value })}
        />
      )}
      {afterImport === 'delete' && (
        <TextField
          label={texts.days}
          hint={texts.daysHint}
          error={wrong}
          type="number"
          min={0}
          max={MAX_DAYS}
          value={deleteAfterDays ?? ''}
          onChange={({ target }) =>
            change({ deleteAfterDays: target.value === '' ? null : Number(target.value) })
          }
        />
      )}
      {afterImport !== 'keep' && <p className="text-sm text-muted">{untouched(mailbox)}</p>}
      {cancels && mailbox.options.afterImport === 'delete' && (
        <p className="text-sm font-medium">{texts.cancels}</p>
      )}
      {afterImport !== 'keep' && selection && wrongOf(extras) === null && (
        <DryRun mailbox={mailbox} selection={selection} extras={extras} />
      )}
      <Confirm
        open={asking}
        props={{ mailbox, selection, extras }}
        onAnswer={(agreed) => {
          setAsking(false);
          if (agreed) choose('delete');
        }}
      />
    </Card>
  );
}

function Confirm({
  open,
  props: { mailbox, selection },
  onAnswer,
}: {
  open: boolean;
  props: Pick<SectionProps, 'mailbox' | 'selection' | 'extras'>;
  onAnswer: (agreed: boolean) => void;
}) {
  const { title, sentence, word, typed, action } = texts.confirm;
  return (
    // What is agreed to here sends no form around it: React passes events on to where a dialog was opened from.
    <div onSubmit={(event) => event.stopPropagation()}>
      <ConfirmDialog
        open={open}
        onOpenChange={(next) => !next && onAnswer(false)}
        title={title}
        action={action}
        typed={{ word, label: typed }}
        onConfirm={() => onAnswer(true)}
      >
        <p>{sentence}</p>
        <p>{untouched(mailbox)}</p>
        {open && selection && (
          <DryRun
            mailbox={mailbox}
            selection={selection}
            extras={{ afterImport: 'delete', deleteAfterDays: null, moveTo: null }}
          />
        )}
      </ConfirmDialog>
    </div>
  );
}

function wrongOf({ afterImport, deleteAfterDays, moveTo }: Extras): string | null {
  if (afterImport === 'move') {
    if (moveTo === null || moveTo.trim() === '') return texts.folderRequired;
    return moveTo.toUpperCase() === 'INBOX' ? texts.folderInbox : null;
  }
  const inRange = (days: number): boolean => Number.isInteger(days) && days >= 0 && days <= MAX_DAYS;
  return deleteAfterDays === null || inRange(deleteAfterDays) ? null : texts.daysRange;
}

export const AT_SOURCE: OptionSection = {
  id: 'at-source',
  Fields: AtSourceFields,
  wrongOf,
  linesOf: ({ options }) => [{ name: texts.title, text: texts.line(options) }],
};

/** What to import, where it goes, how often is looked, and what happens at the source. */
import { type FormEvent, useState } from 'react';
import { connect } from '../../texts/connect.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ChoiceField } from '../../ui/field.tsx';
import { OptionSections } from '../options/option-sections.tsx';
import { areSendable } from '../options/sections.ts';
import { FetcherNote } from './fetcher-note.tsx';
import { isElsewhere } from './field-errors.ts';
import { FolderChoice } from './folder-choice.tsx';
import { HistoryChoice } from './history-choice.tsx';
import { PollChoice } from './poll-choice.tsx';
import { Problem } from './problem.tsx';
import { selectionOf, useSetup } from './setup.ts';
import { StepActions, StepFrame } from './step-frame.tsx';
import type { DraftStepProps } from './step-props.ts';
import { type ChoiceInput, choiceOf, forget, useStored } from './stored.ts';
import { useAction } from './use-action.ts';

/** The API takes no more names at once. */
const MAX_FOLDERS = 100;

type Wrong = 'since' | 'folders' | 'many';

const wrongOf = (choice: ChoiceInput): Wrong | null => {
  if (choice.history === 'since' && !/^\d{4}-\d\d-\d\d$/.test(choice.since)) return 'since';
  if (choice.folders === 'some' && choice.some.length === 0) return 'folders';
  return choice.folders === 'some' && choice.some.length > MAX_FOLDERS ? 'many' : null;
};

export function ChooseStep({ mailbox, report, go, back }: DraftStepProps) {
  const { choose } = connect;
  const setup = useSetup();
  const saving = useAction();
  const [choice, change] = useStored(mailbox.id, choiceOf(mailbox));
  const [refused, setRefused] = useState(false);
  const wrong = wrongOf(choice);
  const shown = refused ? wrong : null;
  const sendable = wrong === null && areSendable(choice.extras);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (saving.busy) return;
    setRefused(!sendable);
    if (!sendable) return;
    const saved = await saving.run(() => setup.choose(mailbox.id, choice));
    if (!saved) return;
    // From here on the draft itself has it.
    forget(mailbox.id);
    go('summary', mailbox.id);
  };

  return (
    <StepFrame heading={choose.heading}>
      <form noValidate className="space-y-5" onSubmit={(event) => void submit(event)}>
        <HistoryChoice
          mailbox={mailbox}
          choice={choice}
          change={change}
          countable={wrong === null}
          error={shown === 'since' ? choose.dateRequired : null}
        />
        {mailbox.protocol === 'imap' && (
          <FolderChoice
            folders={report.folders}
            choice={choice}
            change={change}
            error={shown === 'folders' ? choose.folderRequired : shown === 'many' ? choose.folderMax : null}
          />
        )}
        <Card>
          <fieldset className="space-y-4">
            <legend className="mb-3 text-base font-semibold">{choose.gmail}</legend>
            <ChoiceField
              label={choose.skipInbox}
              hint={choose.skipInboxHint}
              checked={choice.skipInbox}
              onChange={({ target }) => change({ skipInbox: target.checked })}
            />
            <ChoiceField
              label={choose.neverSpam}
              hint={choose.neverSpamHint}
              checked={choice.neverSpam}
              onChange={({ target }) => change({ neverSpam: target.checked })}
            />
          </fieldset>
        </Card>
        <OptionSections
          mailbox={mailbox}
          selection={wrong === null ? selectionOf(choice) : null}
          extras={choice.extras}
          change={(part) => change({ extras: { ...choice.extras, ...part } })}
          refused={refused}
        />
        <Card className="space-y-4">
          <PollChoice
            seconds={choice.pollSeconds}
            idle={report.capabilities.idle}
            onChange={(pollSeconds) => change({ pollSeconds })}
          />
        </Card>
        <FetcherNote open={choice.history !== 'new'} />
        {isElsewhere(saving.error, []) && <Problem error={saving.error} />}
        <StepActions onBack={back}>
          <Button type="submit" look="primary" busy={saving.busy}>
            {connect.next}
          </Button>
        </StepActions>
      </form>
    </StepFrame>
  );
}

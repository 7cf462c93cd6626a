/** All choices once more, each with the way to change it; then it starts. */
import type { ReactNode } from 'react';
import { effectivePoll, usePlanLimits } from '../../billing.ts';
import { connect } from '../../texts/connect.ts';
import { formatDay, formatDuration } from '../../texts/format.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { FolderNames } from '../../ui/folder-names.tsx';
import { SECTIONS } from '../options/sections.ts';
import { Amount } from './amount.tsx';
import { Problem } from './problem.tsx';
import { useSetup } from './setup.ts';
import { StepActions, StepFrame } from './step-frame.tsx';
import type { DraftStepProps } from './step-props.ts';
import { choiceOf, forget } from './stored.ts';
import { useAction } from './use-action.ts';

export function SummaryStep({ mailbox, go, back }: DraftStepProps) {
  const { summary, choose } = connect;
  const setup = useSetup();
  const starting = useAction();
  const plan = usePlanLimits();
  const { options } = mailbox;
  const choice = choiceOf(mailbox);

  const start = async () => {
    const started = await starting.run(() => setup.start(mailbox.id));
    if (!started) return;
    forget('address');
    go('running', mailbox.id);
  };

  const folders =
    choice.folders === 'inbox' ? summary.inbox : choice.folders === 'all' ? choose.folderChoices.all : null;
  const wanted =
    options.history === 'since' && options.since
      ? summary.since(formatDay(options.since))
      : choose.histories[options.history];
  return (
    <StepFrame heading={summary.heading} intro={summary.intro}>
      <Card>
        <dl className="divide-y divide-line">
          <Line name={summary.from} onEdit={() => go('test', mailbox.id)}>
            {mailbox.username}
            <span className="block text-muted">{connect.test.server(mailbox.host, mailbox.port)}</span>
          </Line>
          <Line name={summary.messages} onEdit={() => go('choose', mailbox.id)}>
            {wanted}
            {options.history !== 'new' && <Amount id={mailbox.id} choice={choice} />}
          </Line>
          {mailbox.protocol === 'imap' && (
            <Line name={summary.folders} onEdit={() => go('choose', mailbox.id)}>
              {folders ?? <FolderNames names={choice.some} inbox={summary.inbox} label={summary.folders} />}
            </Line>
          )}
          <Line name={summary.gmail} onEdit={() => go('choose', mailbox.id)}>
            {options.skipInbox ? summary.skipsInbox : summary.inbox}
            <span className="block text-muted">
              {options.neverSpam ? summary.neverSpam : summary.spamFilter}
            </span>
          </Line>
          <Line name={summary.poll} onEdit={() => go('choose', mailbox.id)}>
            {choose.every(formatDuration(effectivePoll(options.pollSeconds, plan) * 1000))}
          </Line>
          {SECTIONS.flatMap(({ linesOf }) => linesOf(mailbox)).map(({ name, text }) => (
            <Line key={name} name={name} onEdit={() => go('choose', mailbox.id)}>
              {text}
            </Line>
          ))}
        </dl>
      </Card>
      <Problem error={starting.error} />
      <StepActions onBack={back}>
        <Button look="primary" busy={starting.busy} onClick={() => void start()}>
          {summary.start}
        </Button>
      </StepActions>
    </StepFrame>
  );
}

function Line({ name, onEdit, children }: { name: string; onEdit?: () => void; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-x-4 gap-y-1 py-3 text-sm first:pt-0 last:pb-0 sm:flex-row sm:items-start">
      <dt className="shrink-0 font-medium sm:w-40">{name}</dt>
      <dd className="flex min-w-0 flex-1 items-start justify-between gap-3">
        <div className="min-w-0 wrap-anywhere">{children}</div>
        {onEdit && (
          <Button
            look="quiet"
            size="sm"
            className="-my-1.5 text-accent!"
            aria-label={connect.summary.edit(name)}
            onClick={onEdit}
          >
            {connect.summary.change}
          </Button>
        )}
      </dd>
    </div>
  );
}

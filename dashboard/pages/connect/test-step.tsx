/** The live test as it goes, and how to mend what it found wrong. */
import { Check, Circle, Loader2, X } from 'lucide-react';
import type { ProbeReportView } from '../../../src/http/api.ts';
import { connect } from '../../texts/connect.ts';
import { signIn } from '../../texts/sign-in.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { classes } from '../../ui/classes.ts';
import { Mend } from './mend.tsx';
import { SignInStep } from './sign-in-step.tsx';
import { StepActions, StepFrame } from './step-frame.tsx';
import type { DraftStepProps } from './step-props.ts';

type State = ProbeReportView['steps'][number]['state'];

const LOOKS: Readonly<Record<State, { Icon: typeof Check; look: string }>> = {
  waiting: { Icon: Circle, look: 'bg-skipped-soft text-skipped' },
  running: { Icon: Loader2, look: 'bg-waiting-soft text-waiting' },
  done: { Icon: Check, look: 'bg-delivered-soft text-delivered' },
  failed: { Icon: X, look: 'bg-failed-soft text-failed' },
};

export function TestStep(props: DraftStepProps) {
  const { report, mailbox, go, back } = props;
  if (report.fault?.code === 'source-consent-missing') return <SignInStep {...props} />;
  const { test } = connect;
  const works = report.finished && report.fault === null;
  const heading = !report.finished ? test.heading : works ? test.headingDone : test.headingFailed;
  return (
    <StepFrame key={heading} heading={heading} intro={report.finished ? undefined : test.intro}>
      <Card className="space-y-4">
        <p className="text-sm wrap-anywhere text-muted">{test.server(mailbox.host, mailbox.port)}</p>
        {mailbox.auth === 'oauth' && <SignedIn {...props} />}
        <ol aria-live="polite" className="space-y-3">
          {report.steps.map(({ step, state }) => (
            <StepLine key={step} name={test.steps[step]} state={state} />
          ))}
        </ol>
        {works && <Found report={report} />}
      </Card>
      {report.fault && <Mend {...props} fault={report.fault} />}
      <StepActions onBack={back}>
        {works && (
          <Button look="primary" onClick={() => go('choose', mailbox.id)}>
            {test.next}
          </Button>
        )}
      </StepActions>
    </StepFrame>
  );
}

/** The account may be another than the one that was typed. */
function SignedIn({ mailbox: { id, username }, input: { email, draftId } }: DraftStepProps) {
  const typed = email.trim();
  const other = draftId === id && typed !== '' && typed.toLowerCase() !== username.toLowerCase();
  return (
    <div className="text-sm wrap-anywhere">
      <p className="font-medium">{signIn.signedInAs(username)}</p>
      {other && <p>{signIn.otherAccount(typed)}</p>}
    </div>
  );
}

function StepLine({ name, state }: { name: string; state: State }) {
  const { Icon, look } = LOOKS[state];
  return (
    <li className="flex items-center gap-3 text-sm">
      <span
        aria-hidden
        className={classes('flex size-7 shrink-0 items-center justify-center rounded-full', look)}
      >
        <Icon className={classes('size-4', state === 'running' && 'animate-spin')} />
      </span>
      <span className={state === 'waiting' ? 'text-muted' : 'font-medium'}>{name}</span>
      <span className={state === 'failed' ? 'ml-auto font-medium text-failed' : 'ml-auto text-muted'}>
        {connect.test.states[state]}
      </span>
    </li>
  );
}

function Found({ report: { folders, capabilities } }: { report: ProbeReportView }) {
  const { test } = connect;
  const counted = folders.every(({ messages }) => messages !== null);
  const messages = folders.reduce((sum, folder) => sum + (folder.messages ?? 0), 0);
  return (
    <div className="border-t border-line pt-4 text-sm">
      {folders.length > 0 && (
        <p className="font-medium">
          {counted ? test.found(folders.length, messages) : test.foundFolders(folders.length)}
        </p>
      )}
      <p className="text-muted">{capabilities.idle ? test.idle : test.noIdle}</p>
    </div>
  );
}

/** The wizard: which step the address shows. `/connect?step=…` before there is a draft, `/connect/:id?step=…` with one. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Redirect, useLocation, useParams, useSearchParams } from 'wouter';
import type { Mailbox, ProbeReportView } from '../../../src/http/api.ts';
import { useMailboxes } from '../../mailboxes.ts';
import { connect } from '../../texts/connect.ts';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Page } from '../../ui/page.tsx';
import { EmptyState, ErrorState, Loading, Skeleton } from '../../ui/states.tsx';
import { useToast } from '../../ui/toast.tsx';
import { probeOf, useSetup } from './setup.ts';
import { StepList } from './step-list.tsx';
import type { NewStepProps, StepId } from './step-props.ts';
import { type Step, stepOf } from './steps.ts';
import { forget, NO_ADDRESS, useStored } from './stored.ts';
import { useAction } from './use-action.ts';

export default function Connect() {
  const { id } = useParams<{ id?: string }>();
  const [search] = useSearchParams();
  const [, navigate] = useLocation();
  const [input, change] = useStored('address', NO_ADDRESS);
  const wanted = search.get('step');
  const common: NewStepProps = {
    input,
    change,
    go: (step, draft) => navigate(addressOf(step, draft)),
    // In a tab of its own there is nothing to go back to.
    back: () => (window.history.length > 1 ? window.history.back() : navigate('/mailboxes')),
  };
  return (
    <Page title={connect.title}>
      {id === undefined ? (
        <NewSteps wanted={wanted} {...common} />
      ) : (
        <DraftSteps key={id} id={id} wanted={wanted} {...common} />
      )}
    </Page>
  );
}

/** The first of each address needs no name. */
const addressOf = (step: StepId, draft: string | undefined): string => {
  const path = draft === undefined ? '/connect' : `/connect/${draft}`;
  return step === 'address' || step === 'test' ? path : `${path}?step=${step}`;
};

function NewSteps({ wanted, ...props }: NewStepProps & { wanted: string | null }) {
  const step = stepOf(wanted ?? 'address');
  if (step?.when !== 'new') return <Redirect to={addressOf('address', undefined)} replace />;
  return (
    <Beside step={step.id}>
      <step.Component key={step.id} {...props} />
    </Beside>
  );
}

function DraftSteps({ id, wanted, ...props }: NewStepProps & { id: string; wanted: string | null }) {
  const mailboxes = useMailboxes();
  const probe = useQuery(probeOf(id));
  const mailbox = mailboxes.data?.find((each) => each.id === id);
  if (mailboxes.data && !mailbox) return mailboxes.isFetching ? <Waiting /> : <Gone />;
  if (mailbox && probe.data) {
    const step = stepNow(wanted, probe.data);
    if (step === undefined) return <Redirect to={addressOf('test', id)} replace />;
    return (
      <Beside step={step.id} {...(probe.data.unfinished && { draft: mailbox })}>
        <step.Component key={step.id} {...props} mailbox={mailbox} report={probe.data} />
      </Beside>
    );
  }
  const error = mailboxes.error ?? probe.error;
  const again = () => void Promise.all([mailboxes.refetch(), probe.refetch()]);
  if (error) return <ErrorState error={error} onRetry={again} />;
  return <Waiting />;
}

const Waiting = () => (
  <Beside step="test">
    <Loading className="space-y-4">
      <Skeleton className="h-7 w-64" />
      <Skeleton className="h-56" />
    </Loading>
  </Beside>
);

/** The step that was asked for, if it is this mailbox's time for it; a mailbox that has been started runs. */
function stepNow(
  wanted: string | null,
  { unfinished, finished, fault }: ProbeReportView,
): Exclude<Step, { when: 'new' }> | undefined {
  const step = stepOf(unfinished ? (wanted ?? 'test') : 'running');
  if (step === undefined || step.when === 'new') return undefined;
  if (step.when === 'started' && unfinished) return undefined;
  if (step.when === 'tested' && (!finished || fault !== null)) return undefined;
  return step;
}

function Beside({ step, draft, children }: { step: StepId; draft?: Mailbox; children: React.ReactNode }) {
  return (
    <div className="grid gap-6 md:grid-cols-[14rem_minmax(0,1fr)] md:gap-10">
      <div className="space-y-6">
        <StepList current={step} />
        <div className="hidden md:block">{draft && <Discard mailbox={draft} />}</div>
      </div>
      <div className="space-y-6">
        {children}
        <div className="md:hidden">{draft && <Discard mailbox={draft} />}</div>
      </div>
    </div>
  );
}

function Discard({ mailbox }: { mailbox: Mailbox }) {
  const { discard } = connect;
  const setup = useSetup();
  const say = useToast();
  const [, navigate] = useLocation();
  const [open, setOpen] = useState(false);
  const discarding = useAction();
  const confirm = async () => {
    const gone = await discarding.run(async () => {
      await setup.discard(mailbox.id);
      navigate('/mailboxes');
    });
    if (!gone) return;
    forget(mailbox.id);
    forget('address');
    say(discard.done);
  };
  return (
    <>
      <Button look="quiet" size="sm" onClick={() => setOpen(true)}>
        {discard.open}
      </Button>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={discard.title}
        action={discard.action}
        busy={discarding.busy}
        error={discarding.error instanceof Error ? discarding.error.message : null}
        onConfirm={() => void confirm()}
      >
        <p>{discard.sentence}</p>
      </ConfirmDialog>
    </>
  );
}

function Gone() {
  const { gone } = connect;
  return (
    <EmptyState
      title={gone.title}
      actions={
        <ButtonLink look="primary" href="/connect">
          {gone.action}
        </ButtonLink>
      }
    >
      {gone.sentence}
    </EmptyState>
  );
}

/** What is wrong with a mailbox, and the button that cures it. */
import { useState } from 'react';
import type { Mailbox } from '../../../src/http/api.ts';
import { mailboxTexts } from '../../texts/mailboxes.ts';
import { providerName, signIn, signInPath } from '../../texts/sign-in.ts';
import { mailboxFaultText } from '../../texts/signed-in-faults.ts';
import { Banner } from '../../ui/banner.tsx';
import { Button, ButtonAnchor, ButtonLink } from '../../ui/button.tsx';
import type { MailboxActions } from './actions.ts';
import { EditDialog } from './edit-dialog.tsx';
import { PasswordDialog } from './password-dialog.tsx';
import { isUnfinished } from './state-badge.tsx';

export function FaultBanner({ mailbox, actions }: { mailbox: Mailbox; actions: MailboxActions }) {
  if (mailbox.fault === null) return null;
  const words = mailboxFaultText(mailbox.fault.code, mailbox);
  const resting = isUnfinished(mailbox);
  return (
    <Banner
      tone={resting ? 'waiting' : mailbox.state === 'unreachable' ? 'rejected' : 'failed'}
      title={words.title}
      actions={<Cure mailbox={mailbox} actions={actions} />}
    >
      <p>
        {words.happened} {words.next}
      </p>
    </Banner>
  );
}

function Cure({ mailbox, actions }: { mailbox: Mailbox; actions: MailboxActions }) {
  const [open, setOpen] = useState(false);
  const { fault, id } = mailbox;
  if (fault === null) return null;
  const texts = mailboxTexts.actions;
  if (isUnfinished(mailbox))
    return (
      <ButtonLink href={`/connect/${id}`} look="primary">
        {texts.finish}
      </ButtonLink>
    );
  if (fault.code === 'plan-limit') return <ButtonLink href="/billing">{texts.billing}</ButtonLink>;
  switch (mailboxFaultText(fault.code, mailbox).action) {
    case 'sign-in':
      return (
        <ButtonAnchor href={signInPath(mailbox)}>
          {(fault.code === 'source-consent-missing' ? signIn.name : signIn.again)(
            providerName(mailbox.provider),
          )}
        </ButtonAnchor>
      );
    case 'password':
      return (
        <>
          <Button onClick={() => setOpen(true)}>{texts.password}</Button>
          <PasswordDialog open={open} onOpenChange={setOpen} actions={actions} />
        </>
      );
    case 'server':
      return (
        <>
          <Button onClick={() => setOpen(true)}>{texts.server}</Button>
          <EditDialog open={open} onOpenChange={setOpen} mailbox={mailbox} actions={actions} />
        </>
      );
    case 'consent':
      return <ButtonAnchor href="/auth/google">{texts.consent}</ButtonAnchor>;
    case 'retry':
    case 'wait':
      return mailbox.state === 'paused' || mailbox.state === 'suspended' ? null : (
        <Button busy={actions.sync.isPending} onClick={() => actions.sync.mutate()}>
          {texts.retry}
        </Button>
      );
    case 'none':
      return null;
  }
}

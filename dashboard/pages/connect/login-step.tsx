/** Which server, and the way in; then a draft is made of it, which is server state. */
import { type RefObject, useRef, useState } from 'react';
import { useMailboxes } from '../../mailboxes.ts';
import { connect } from '../../texts/connect.ts';
import { providerName, signIn } from '../../texts/sign-in.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { TextField } from '../../ui/field.tsx';
import { serverOf } from './address-step.tsx';
import { CandidateChoice } from './candidate-choice.tsx';
import { fieldError, isElsewhere } from './field-errors.ts';
import { HintBanner } from './hint-banner.tsx';
import { PasswordField, takePassword } from './password-field.tsx';
import { Problem } from './problem.tsx';
import { isPort, ServerFields } from './server-fields.tsx';
import { useSetup } from './setup.ts';
import { SignInPart } from './sign-in-part.tsx';
import { StepActions, StepFrame } from './step-frame.tsx';
import type { NewStepProps } from './step-props.ts';
import type { AddressInput } from './stored.ts';
import { type Action, useAction } from './use-action.ts';

const FIELDS = ['host', 'port', 'username', 'password'];
/** A password leads nowhere there. */
const CLOSED: ReadonlySet<string> = new Set(['oauth-only', 'bridge-needed', 'no-access']);

export function LoginStep(props: NewStepProps) {
  const { login } = connect;
  const { discovery, server, candidate } = props.input;
  const provider = candidate === null ? undefined : discovery?.candidates[candidate]?.provider;
  const [anyway, setAnyway] = useState(server.host !== '');
  const hint = discovery?.hint;
  const closed = hint !== undefined && discovery?.candidates.length === 0 && CLOSED.has(hint.code) && !anyway;
  if (closed)
    return (
      <StepFrame heading={login.headingClosed}>
        <HintBanner hint={hint} />
        <StepActions onBack={props.back}>
          <Button onClick={() => setAnyway(true)}>{login.anyway}</Button>
        </StepActions>
      </StepFrame>
    );
  return (
    <StepFrame key="open" heading={provider ? signIn.name(providerName(provider)) : login.heading}>
      {hint && <HintBanner hint={hint} />}
      <Card>
        <LoginForm {...props} />
      </Card>
    </StepFrame>
  );
}

function LoginForm({ input, change, go, back }: NewStepProps) {
  const { login } = connect;
  const field = useRef<HTMLInputElement>(null);
  const { sending, missing, submit } = useSubmit(input, change, field, (id) => go('test', id));
  const { discovery, candidate, server, username } = input;
  const chosen = candidate === null ? undefined : discovery?.candidates[candidate];

  const choose = (index: number | null) => {
    const next = index === null ? undefined : discovery?.candidates[index];
    change(
      next ? { candidate: index, server: serverOf(next), username: next.username } : { candidate: null },
    );
  };
  const errorOf = (name: string, text: string): string | null =>
    missing.includes(name) ? text : fieldError(sending.error, name);
  const again = sending.error !== null ? login.passwordAgain : null;
  const choice = discovery && discovery.candidates.length > 0 && (
    <CandidateChoice
      email={input.email}
      candidates={discovery.candidates}
      chosen={candidate}
      onChoose={choose}
    />
  );
  const form = (
    <form
      noValidate
      className="space-y-6"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {!chosen && (
        <ServerFields
          server={server}
          onChange={(next) => change({ server: next })}
          errors={{ host: errorOf('host', connect.required), port: errorOf('port', connect.portRange) }}
        />
      )}
      <TextField
        label={login.username}
        hint={login.usernameHint}
        error={errorOf('username', connect.required)}
        value={username}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        onChange={({ target }) => change({ username: target.value })}
      />
      <PasswordField
        field={field}
        label={chosen?.auth === 'app-password' ? login.appPassword : login.password}
        hint={login.passwordHint}
        error={errorOf('password', connect.required) ?? again}
      />
      {isElsewhere(sending.error, FIELDS) && <Problem error={sending.error} account={{ server, username }} />}
      <StepActions onBack={back}>
        <Button type="submit" look="primary" busy={sending.busy}>
          {sending.busy ? login.sending : login.submit}
        </Button>
      </StepActions>
    </form>
  );
  return (
    <div className="space-y-6">
      {choice}
      {chosen?.provider ? (
        <SignInPart input={input} change={change} go={go} back={back} provider={chosen.provider} />
      ) : (
        form
      )}
    </div>
  );
}

/** Makes a draft of the input, or tests the one again that was made of it before. */
function useSubmit(
  { server, username, draftId }: AddressInput,
  change: NewStepProps['change'],
  field: RefObject<HTMLInputElement | null>,
  onDone: (id: string) => void,
): { sending: Action; missing: readonly string[]; submit: () => Promise<void> } {
  const setup = useSetup();
  const sending = useAction();
  const { data: mailboxes = [] } = useMailboxes();
  const [missing, setMissing] = useState<readonly string[]>([]);
  const submit = async () => {
    if (sending.busy) return;
    const wrong = [
      server.host.trim() === '' && 'host',
      !isPort(server.port) && 'port',
      username.trim() === '' && 'username',
      !field.current?.value && 'password',
    ].filter((name) => name !== false);
    setMissing(wrong);
    if (wrong.length > 0) return;
    const password = takePassword(field);
    let id = '';
    const sent = await sending.run(async () => {
      const account = { server, username };
      const draft = mailboxes.find((each) => each.id === draftId);
      const same = draft?.protocol === server.protocol && draft.auth === undefined;
      // A mailbox keeps its protocol and its way in.
      if (draft && !same) await setup.discard(draft.id);
      ({ id } = await (draft && same
        ? setup.reconnect(draft.id, account, password)
        : setup.create(account, password)));
      change({ draftId: id });
    });
    if (sent) onDone(id);
  };
  return { sending, missing, submit };
}

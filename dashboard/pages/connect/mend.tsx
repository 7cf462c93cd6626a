/** What went wrong in plain words, and the fields that put it right. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ProbeReportView } from '../../../src/http/api.ts';
import { connect } from '../../texts/connect.ts';
import type { FaultAction } from '../../texts/faults.ts';
import { providerName, signIn, signInPath } from '../../texts/sign-in.ts';
import { mailboxFaultText } from '../../texts/signed-in-faults.ts';
import { Button, ButtonAnchor } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { HintBanner } from './hint-banner.tsx';
import { MendForm } from './mend-form.tsx';
import { Problem } from './problem.tsx';
import { discover, useSetup } from './setup.ts';
import type { DraftStepProps } from './step-props.ts';
import { useAction } from './use-action.ts';

type Form = 'password' | 'server';

const formOf = (action: FaultAction): Form | null =>
  action === 'password' || action === 'server' ? action : null;

export function Mend({
  mailbox,
  input,
  fault,
  go,
  change,
}: DraftStepProps & { fault: NonNullable<ProbeReportView['fault']> }) {
  const { test } = connect;
  const { title, happened, next, action } = mailboxFaultText(fault.code, mailbox);
  const signsIn = mailbox.auth === 'oauth';
  const [form, setForm] = useState<Form | null>(signsIn ? null : formOf(action));
  const setup = useSetup();
  const testing = useAction();
  const hint = useHint(mailbox.username, input.draftId === mailbox.id ? input.discovery?.hint : undefined);

  const elsewhere = () => {
    if (signsIn) return go('address');
    const { protocol, host, port, security, username } = mailbox;
    const known = input.draftId === mailbox.id;
    change({
      draftId: mailbox.id,
      username,
      ...(known ? {} : { candidate: null, discovery: null }),
      server: { protocol, host, port: String(port), security },
    });
    go('login');
  };
  return (
    <Card className="space-y-5 border-failed">
      <div role="alert" className="space-y-3">
        <h3 className="text-lg font-semibold text-failed">{title}</h3>
        <dl className="space-y-2 text-sm">
          <div>
            <dt className="font-medium">{test.what}</dt>
            <dd>{happened}</dd>
          </div>
          <div>
            <dt className="font-medium">{test.todo}</dt>
            <dd>{next}</dd>
          </div>
        </dl>
        <p className="text-xs text-muted">{test.code(fault.code)}</p>
      </div>
      {hint && action !== 'wait' && <HintBanner hint={hint} />}
      {form && <MendForm key={`${mailbox.id} ${form}`} mailbox={mailbox} form={form} />}
      {testing.error !== null && <Problem error={testing.error} />}
      <div className="flex flex-wrap gap-3">
        {signsIn && (
          <ButtonAnchor look="primary" href={signInPath(mailbox)}>
            {signIn.again(providerName(mailbox.provider))}
          </ButtonAnchor>
        )}
        <Button busy={testing.busy} onClick={() => void testing.run(() => setup.testAgain(mailbox.id))}>
          {test.again}
        </Button>
        {!signsIn && form !== 'password' && (
          <Button onClick={() => setForm('password')}>{test.changePassword}</Button>
        )}
        {!signsIn && form !== 'server' && (
          <Button onClick={() => setForm('server')}>{test.changeServer}</Button>
        )}
        <Button look="quiet" onClick={elsewhere}>
          {test.otherProtocol}
        </Button>
      </div>
    </Card>
  );
}

/** What the provider asks of its users; known from the search, else looked up by the address that the user name may be. */
function useHint(username: string, known: Parameters<typeof HintBanner>[0]['hint'] | undefined) {
  const found = useQuery({
    queryKey: ['discover', username],
    queryFn: () => discover(username),
    enabled: known === undefined && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(username),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const hint = known ?? found.data?.hint;
  return hint && HELPFUL.has(hint.code) ? hint : null;
}

/** Those that explain a refusal. */
const HELPFUL: ReadonlySet<string> = new Set([
  'already-gmail',
  'oauth-only',
  'app-password',
  'access-off',
  'bridge-needed',
  'no-access',
  'user-name',
]);

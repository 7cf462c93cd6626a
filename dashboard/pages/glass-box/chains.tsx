/** By mailbox: the end of its chain to keep, and whether the chain is whole. */
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Chain, Mailbox } from '../../../src/http/api.ts';
import { get } from '../../api.ts';
import { chainTexts as texts } from '../../texts/chains.ts';
import { Button } from '../../ui/button.tsx';
import { Card, Section } from '../../ui/card.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { TextField } from '../../ui/field.tsx';
import { Progress } from '../../ui/progress.tsx';
import { EmptyState, ErrorState, Loading, Skeleton } from '../../ui/states.tsx';
import { Finding } from './chain-finding.tsx';
import { namesOf } from './mailbox-names.ts';
import { parseKept, useVerification } from './use-verification.ts';

/** `mailboxes` undefined: not known yet. */
export function Chains({ mailboxes }: { mailboxes: readonly Mailbox[] | undefined }) {
  if (mailboxes === undefined)
    return (
      <Loading>
        <Skeleton className="h-64" />
      </Loading>
    );
  if (mailboxes.length === 0) return <EmptyState title={texts.none}>{texts.noneSentence}</EmptyState>;
  const names = namesOf(mailboxes);
  return (
    <div className="space-y-8">
      <div className="max-w-prose space-y-2 text-sm text-muted">
        <p>{texts.intro}</p>
        <p>{texts.keepIntro}</p>
      </div>
      {mailboxes.map(({ id }) => (
        <MailboxChain key={id} id={id} name={names.get(id) ?? ''} />
      ))}
    </div>
  );
}

interface Named {
  /** The mailbox's. */
  readonly id: string;
  readonly name: string;
}

function MailboxChain({ id, name }: Named) {
  const { data, error, refetch } = useQuery({
    queryKey: ['chain', id],
    queryFn: ({ signal }) => get<Chain>(`/mailboxes/${id}/chain`, {}, signal),
  });
  return (
    <Section title={name}>
      <Card className="space-y-5">
        {data !== undefined ? (
          <End chain={data} />
        ) : error ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : (
          <Loading>
            <Skeleton className="h-16" />
          </Loading>
        )}
        <CheckForm id={id} name={name} onDone={() => void refetch()} />
      </Card>
    </Section>
  );
}

function End({ chain: { mailboxId, head } }: { chain: Chain }) {
  return (
    <div className="flex flex-wrap items-start justify-between gap-3">
      <div className="min-w-0 flex-1 basis-72">
        <p className="text-sm font-medium">
          {texts.end}: {texts.length(head.seq)}
        </p>
        <code className="block font-mono text-xs break-all text-muted">
          {head.seq}:{head.hash}
        </code>
      </div>
      <CopyButton key={head.hash} text={`${mailboxId}:${head.seq}:${head.hash}`} />
    </div>
  );
}

function CheckForm({ id, name, onDone }: Named & { onDone: () => void }) {
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState<string | null>(null);
  const { check, start, stop } = useVerification(id);
  const isRunning = check.is === 'running';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isRunning) return;
    const kept = parseKept(text);
    const isOther = kept !== null && kept.mailboxId !== null && kept.mailboxId !== id;
    const problem = text.trim() !== '' && kept === null ? texts.keptWrong : isOther ? texts.keptOther : null;
    setWrong(problem);
    if (problem === null) void start(kept).then(onDone);
  };
  return (
    <form className="space-y-4" onSubmit={submit} aria-label={name}>
      <div className="flex flex-wrap items-start gap-3">
        <TextField
          label={texts.kept}
          hint={texts.keptHint}
          error={wrong}
          value={text}
          maxLength={200}
          autoComplete="off"
          spellCheck={false}
          className="min-w-0 flex-1 basis-72"
          onChange={(event) => setText(event.target.value)}
        />
        <div className="flex gap-3 sm:mt-6.5">
          <Button type="submit" look="primary" busy={isRunning}>
            {texts.verify}
          </Button>
          {isRunning && <Button onClick={stop}>{texts.stop}</Button>}
        </div>
      </div>
      {isRunning && (
        <div className="space-y-1.5">
          <Progress value={check.all === 0 ? null : check.checked / check.all} label={texts.progress(name)} />
          {check.all > 0 && <p className="text-sm text-muted">{texts.checked(check.checked, check.all)}</p>}
        </div>
      )}
      {check.is === 'done' && <Finding last={check.last} kept={check.kept} />}
      {check.is === 'failed' && (
        <p role="alert" className="text-sm font-medium text-failed">
          {check.error.message}
        </p>
      )}
    </form>
  );
}

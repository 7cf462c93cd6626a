/** API keys: create, see once, delete. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { remove } from '../../api.ts';
import { accountTexts } from '../../texts/account.ts';
import { apiKeyTexts, scopeTexts } from '../../texts/api-keys.ts';
import { formatDay } from '../../texts/format.ts';
import { Button } from '../../ui/button.tsx';
import { Card, Section } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Instant } from '../../ui/instant.tsx';
import { ErrorState, Loading, Skeleton } from '../../ui/states.tsx';
import { useToast } from '../../ui/toast.tsx';
import { API_KEYS, type ApiKey, useApiKeys } from './api-keys-query.ts';
import { NewKey } from './new-key.tsx';

const texts = accountTexts.keys;

export function ApiKeys() {
  const { data, error, refetch } = useApiKeys();
  return (
    <Section
      title={texts.title}
      intro={
        <>
          {texts.intro}{' '}
          <a href="/docs/api" className="text-accent underline underline-offset-2">
            {texts.docs}
          </a>
        </>
      }
    >
      <Card className="space-y-5">
        <NewKey />
        {data !== undefined ? (
          <List keys={data} />
        ) : error ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : (
          <Loading>
            <Skeleton className="h-10" />
          </Loading>
        )}
      </Card>
    </Section>
  );
}

function List({ keys }: { keys: readonly ApiKey[] }) {
  if (keys.length === 0) return <p className="text-sm text-muted">{texts.none}</p>;
  return (
    <ul className="divide-y divide-line border-t border-line">
      {keys.map((key) => (
        <Row key={key.id} apiKey={key} />
      ))}
    </ul>
  );
}

function Row({ apiKey: { id, name, createdAt, lastUsedAt, scopes, expiresAt } }: { apiKey: ApiKey }) {
  const [asked, setAsked] = useState(false);
  const client = useQueryClient();
  const say = useToast();
  const deletion = useMutation({
    mutationFn: () => remove(`/api-keys/${id}`),
    onSuccess: () => {
      setAsked(false);
      say(texts.removed);
      return client.invalidateQueries({ queryKey: API_KEYS });
    },
  });
  return (
    <li className="flex flex-wrap items-center justify-between gap-3 py-3">
      <div className="min-w-0">
        <p className="text-sm font-medium wrap-anywhere">{name}</p>
        <p className="text-sm text-muted">
          {texts.made} {formatDay(createdAt)},{' '}
          {lastUsedAt === null ? (
            texts.neverUsed
          ) : (
            <>
              {texts.used} <Instant at={lastUsedAt} />
            </>
          )}
          {expiresAt !== null && `, ${ending(expiresAt)}`}
        </p>
        <p className="text-sm text-muted">{scopes.map((scope) => scopeTexts[scope].name).join(' · ')}</p>
      </div>
      <Button size="sm" look="danger" aria-label={texts.removeLabel(name)} onClick={() => setAsked(true)}>
        {texts.remove}
      </Button>
      <ConfirmDialog
        open={asked}
        onOpenChange={setAsked}
        title={texts.removeTitle(name)}
        action={texts.remove}
        busy={deletion.isPending}
        error={deletion.error?.message}
        onConfirm={() => deletion.mutate()}
      >
        <p>{texts.removeSentence}</p>
      </ConfirmDialog>
    </li>
  );
}

const ending = (expiresAt: string): string =>
  Date.parse(expiresAt) > Date.now()
    ? `${apiKeyTexts.until} ${formatDay(expiresAt)}`
    : `${apiKeyTexts.ended} (${formatDay(expiresAt)})`;

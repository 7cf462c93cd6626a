/** Which notices come by mail. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { isOptional, NOTICE_KINDS, type NoticeKind, type NoticeSettings } from '../../../src/http/api.ts';
import { get, patch } from '../../api.ts';
import { accountTexts } from '../../texts/account.ts';
import { noticeKindTexts } from '../../texts/notices.ts';
import { Card, Section } from '../../ui/card.tsx';
import { ChoiceField } from '../../ui/field.tsx';
import { ErrorState, Loading, Skeleton } from '../../ui/states.tsx';
import { useToast } from '../../ui/toast.tsx';
import { useSayError } from './use-say-error.ts';

const texts = accountTexts.notices;
const KEY = ['notice-settings'] as const;

export function NoticeChoice() {
  const { data, error, refetch } = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => get<NoticeSettings>('/notice-settings', {}, signal),
  });
  return (
    <div id="notices" className="scroll-mt-6">
      <Section
        title={texts.title}
        intro={
          data && <span className="wrap-anywhere">{data.sendsMail ? texts.to(data.address) : texts.off}</span>
        }
      >
        {data !== undefined ? (
          data.sendsMail && <Kinds settings={data} />
        ) : error ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : (
          <Loading>
            <Skeleton className="h-64" />
          </Loading>
        )}
      </Section>
    </div>
  );
}

function Kinds({ settings }: { settings: NoticeSettings }) {
  const client = useQueryClient();
  const say = useToast();
  const sayError = useSayError();
  // Shown at once, before the cache tells; what the server refuses is taken back.
  const [chosen, setChosen] = useState<Partial<Record<NoticeKind, boolean>>>({});
  const { mutate } = useMutation({
    mutationFn: ({ kind, mailed }: { kind: NoticeKind; mailed: boolean }) =>
      patch<NoticeSettings>('/notice-settings', { mailed: { [kind]: mailed } }),
    onSuccess: (after) => {
      client.setQueryData<NoticeSettings>(KEY, after);
      say(texts.saved);
    },
    onError: (error, { kind }) => {
      sayError(error);
      setChosen(({ [kind]: _, ...others }) => others);
    },
  });
  const choose = (kind: NoticeKind, mailed: boolean) => {
    setChosen((before) => ({ ...before, [kind]: mailed }));
    mutate({ kind, mailed });
  };
  return (
    <Card className="grid gap-8 md:grid-cols-2">
      <fieldset className="space-y-4">
        <legend className="mb-3 text-sm font-semibold">{texts.optional}</legend>
        {NOTICE_KINDS.filter(isOptional).map((kind) => (
          <ChoiceField
            key={kind}
            label={noticeKindTexts[kind].name}
            hint={noticeKindTexts[kind].hint}
            checked={chosen[kind] ?? settings.mailed[kind]}
            onChange={(event) => choose(kind, event.target.checked)}
          />
        ))}
      </fieldset>
      <div className="space-y-3">
        <h3 className="text-sm font-semibold">{texts.essential}</h3>
        <p className="text-sm text-muted">{texts.essentialSentence}</p>
        <ul className="space-y-3">
          {NOTICE_KINDS.filter((kind) => !isOptional(kind)).map((kind) => (
            <li key={kind} className="text-sm">
              <p className="font-medium">{noticeKindTexts[kind].name}</p>
              <p className="text-muted">{noticeKindTexts[kind].hint}</p>
            </li>
          ))}
        </ul>
      </div>
    </Card>
  );
}

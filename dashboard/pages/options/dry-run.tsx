/** What a choice would do at the provider, in numbers; nothing is changed by asking. */
import { queryOptions, useQuery } from '@tanstack/react-query';
import type { Mailbox, Preview } from '../../../src/http/api.ts';
import { ApiError, post } from '../../api.ts';
import { atSourceTexts } from '../../texts/at-source.ts';
import { common } from '../../texts/common.ts';
import { Banner } from '../../ui/banner.tsx';
import { Button } from '../../ui/button.tsx';
import { useSettled } from '../../ui/use-settled.ts';
import type { Extras, Selection } from './extras.ts';

const texts = atSourceTexts.dryRun;

/** How often a count is asked for again that was one too many, or took too long. */
const TRIES: Readonly<Record<string, number>> = { 'rate-limited': 10, 'count-unfinished': 2 };
/** How long after that. */
const RETRY_MS = 2000;

const dryRunOf = (id: string, question: object) =>
  queryOptions({
    queryKey: ['preview', id, question],
    queryFn: () => post<Preview>(`/mailboxes/${id}/preview`, question),
    staleTime: 60_000,
    retry: (failures, error) => error instanceof ApiError && failures < (TRIES[error.code] ?? 0),
    retryDelay: RETRY_MS,
  });

export function DryRun({
  mailbox,
  selection,
  extras,
}: {
  mailbox: Mailbox;
  selection: Selection;
  extras: Pick<Extras, 'afterImport' | 'deleteAfterDays' | 'moveTo'>;
}) {
  const { afterImport, deleteAfterDays, moveTo } = extras;
  const asked = useSettled(JSON.stringify({ ...selection, afterImport, deleteAfterDays, moveTo }));
  const question = JSON.parse(asked) as Mailbox['options'];
  const { data, isError, refetch } = useQuery(dryRunOf(mailbox.id, question));
  return (
    <section
      aria-live="polite"
      aria-label={texts.title}
      className="space-y-2 rounded-lg bg-sunken px-4 py-3 text-sm"
    >
      <p className="font-medium">{texts.title}</p>
      {data?.atSource ? (
        <Counts planned={data.atSource} options={question} />
      ) : isError ? (
        <p className="flex flex-wrap items-center gap-3 text-muted">
          {texts.uncounted}
          <Button size="sm" onClick={() => void refetch()}>
            {common.retry}
          </Button>
        </p>
      ) : (
        <p className="text-muted">{texts.counting}</p>
      )}
    </section>
  );
}

function Counts({
  planned,
  options,
}: {
  planned: NonNullable<Preview['atSource']>;
  options: Mailbox['options'];
}) {
  const { atOnce, later, waiting, problem } = planned;
  return (
    <>
      {problem && <Banner tone="rejected">{problem.message}</Banner>}
      <p>{atOnce + later === 0 ? texts.none : texts.planned(planned, options)}</p>
      {waiting > 0 && <p>{texts.waiting(planned)}</p>}
      <p className="text-muted">{texts.nothing}</p>
    </>
  );
}

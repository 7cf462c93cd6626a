/** By mailbox and day: does what the source lists equal what became of it? */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Check, TriangleAlert } from 'lucide-react';
import { useEffect } from 'react';
import type { Mailbox, Reconciliation } from '../../../src/http/api.ts';
import { get, post } from '../../api.ts';
import { formatInstant, formatNumber } from '../../texts/format.ts';
import { glassBoxTexts } from '../../texts/glass-box.ts';
import { Banner } from '../../ui/banner.tsx';
import { Button } from '../../ui/button.tsx';
import { Section } from '../../ui/card.tsx';
import { classes } from '../../ui/classes.ts';
import { EmptyState, ErrorState, Loading, Skeleton } from '../../ui/states.tsx';
import { useToast } from '../../ui/toast.tsx';
import type { AuditQuery } from './filter-state.ts';
import { namesOf } from './mailbox-names.ts';

const texts = glassBoxTexts.reconciliation;
const PARTS = ['delivered', 'rejected', 'failed', 'uncertain', 'waiting', 'skipped'] as const;

export function ReconciliationView({
  query,
  mailboxes,
}: {
  query: AuditQuery;
  /** undefined: not known yet. */
  mailboxes: readonly Mailbox[] | undefined;
}) {
  const counts = useReconciliations(query, mailboxes ?? []);
  if (counts.data === undefined || mailboxes === undefined)
    return counts.error ? (
      <ErrorState error={counts.error} onRetry={() => void counts.refetch()} />
    ) : (
      <Loading>
        <Skeleton className="h-64" />
      </Loading>
    );
  const shown = mailboxes.filter(({ id }) => query.mailbox === '' || id === query.mailbox);
  const names = namesOf(mailboxes);
  if (shown.length === 0) return <EmptyState title={texts.none}>{texts.noneSentence}</EmptyState>;
  return (
    <div className="space-y-8">
      <p className="max-w-prose text-sm text-muted">
        {texts.intro} {texts.meaning}
      </p>
      {shown.map((mailbox) => (
        <MailboxCounts
          key={mailbox.id}
          mailbox={mailbox}
          name={names.get(mailbox.id) ?? ''}
          counts={counts.data.filter(({ mailboxId }) => mailboxId === mailbox.id)}
        />
      ))}
    </div>
  );
}

/** Asked for again whenever a visit has ended. */
function useReconciliations({ mailbox, from, to }: AuditQuery, mailboxes: readonly Mailbox[]) {
  const client = useQueryClient();
  const visits = mailboxes.map(({ id, lastSyncAt }) => `${id} ${lastSyncAt}`).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the change that counts
  useEffect(() => void client.invalidateQueries({ queryKey: ['reconciliation'] }), [client, visits]);
  const period = { from: from.slice(0, 10), to: to.slice(0, 10) };
  return useQuery({
    queryKey: ['reconciliation', mailbox, period],
    queryFn: async ({ signal }) =>
      (await get<{ reconciliations: Reconciliation[] }>('/reconciliation', { mailbox, ...period }, signal))
        .reconciliations,
  });
}

function MailboxCounts({
  mailbox,
  name,
  counts,
}: {
  mailbox: Mailbox;
  name: string;
  counts: readonly Reconciliation[];
}) {
  const say = useToast();
  const count = useMutation({
    mutationFn: () => post<Mailbox>(`/mailboxes/${mailbox.id}/sync`),
    onSuccess: () => say(texts.asked),
    onError: (error) => say(error.message, { failed: true }),
  });
  const missing = counts[0]?.missing ?? 0;
  const canCount = mailbox.state === 'active' || mailbox.state === 'unreachable';
  return (
    <Section
      title={name}
      actions={
        canCount && (
          <Button size="sm" busy={count.isPending} onClick={() => count.mutate()}>
            {texts.countNow}
          </Button>
        )
      }
    >
      {missing > 0 && (
        <Banner tone="failed" title={texts.missingTitle(missing)}>
          {texts.missingSentence}
        </Banner>
      )}
      {counts.length === 0 ? (
        <p className="rounded-xl border border-dashed border-line-strong p-6 text-sm text-muted">
          {texts.noneFor}
        </p>
      ) : (
        <ul className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface">
          {counts.map((each) => (
            <DayCount key={each.day} count={each} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function DayCount({ count }: { count: Reconciliation }) {
  const { missing, listed, at, day } = count;
  const isRed = missing > 0;
  const Icon = isRed ? TriangleAlert : Check;
  return (
    <li
      data-missing={missing}
      className={classes(
        'flex flex-col gap-x-6 gap-y-2 border-l-4 px-4 py-3 text-sm md:flex-row md:items-center',
        isRed ? 'border-l-failed bg-failed-soft text-failed' : 'border-l-transparent',
      )}
    >
      <span className="w-40 shrink-0">
        <time dateTime={day} className="font-semibold">
          {glassBoxTexts.day(day)}
        </time>
        <span className={classes('block text-xs', !isRed && 'text-muted')}>
          {texts.counted} <time dateTime={at}>{formatInstant(at)}</time>
        </span>
      </span>
      <span className="flex-1">
        {texts.equation(
          listed,
          PARTS.map((part) => `${formatNumber(count[part])} ${texts.parts[part]}`).join(' + '),
        )}
        {isRed && <strong>{texts.plusMissing(missing)}</strong>}
      </span>
      <span className={classes('flex items-center gap-2 font-semibold', !isRed && 'text-delivered')}>
        <Icon aria-hidden className="size-4" />
        {isRed ? texts.missing(missing) : texts.balances}
      </span>
    </li>
  );
}

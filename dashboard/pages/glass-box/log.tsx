/** The audit log: figures over time, then every entry, live. */
import { ArrowUp, Pause, Play, ScanSearch } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { AuditEntryView, Mailbox } from '../../../src/http/api.ts';
import { glassBoxTexts } from '../../texts/glass-box.ts';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { EmptyState, ErrorState, Loading, Skeleton } from '../../ui/states.tsx';
import { Chart } from './chart.tsx';
import { useEntries } from './entries.ts';
import { EntryDetails } from './entry-details.tsx';
import { EntryList } from './entry-list.tsx';
import type { AuditQuery, LogFilter } from './filter-state.ts';
import { namesOf } from './mailbox-names.ts';
import { totalOf, useAuditStats } from './stats.ts';

interface Props {
  readonly query: AuditQuery;
  readonly isFiltered: boolean;
  readonly mailboxes: readonly Mailbox[];
  readonly change: (part: Partial<LogFilter>) => void;
  readonly clear: () => void;
}

export function Log({ query, isFiltered, mailboxes, change, clear }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const [paused, setPaused] = useState(false);
  const isAtTop = useIsAtTop(list);
  const [open, setOpen] = useState<AuditEntryView | null>(null);
  const { entries, held, release, pages } = useEntries(query, isAtTop && !paused && open === null);
  const stats = useAuditStats(query);
  // What was held because one looked elsewhere comes by itself when one is back.
  useEffect(() => {
    if (isAtTop && !paused && open === null && held > 0) release();
  }, [isAtTop, paused, open, held, release]);

  if (pages.isPending) return <LogLoading />;
  if (entries.length === 0 && pages.error)
    return <ErrorState error={pages.error} onRetry={() => void pages.refetch()} />;
  if (entries.length === 0 && held === 0) return <Nothing isFiltered={isFiltered} clear={clear} />;
  const total = stats.data && !stats.isPlaceholderData ? totalOf(stats.data.total, 'messages') : null;
  const bytes = stats.data ? totalOf(stats.data.total, 'bytes') : 0;
  const mailbox = mailboxes.find(({ id }) => id === open?.mailboxId);
  return (
    <div className="space-y-6">
      <Chart stats={stats} onPeriod={change} />
      <div ref={list} className="scroll-mt-4 space-y-3">
        <div className="flex flex-wrap items-center justify-between gap-3">
          <p className="text-sm text-muted">
            {total !== null && (
              <span className="font-medium text-ink">{glassBoxTexts.list.total(total, bytes)}. </span>
            )}
            <span className="hidden md:inline">{glassBoxTexts.list.hint}</span>
          </p>
          <Button size="sm" aria-pressed={paused} onClick={() => setPaused(!paused)}>
            {paused ? <Play aria-hidden className="size-4" /> : <Pause aria-hidden className="size-4" />}
            {paused ? glassBoxTexts.live.resume : glassBoxTexts.live.pause}
          </Button>
        </div>
        <Pill
          count={held}
          onPress={() => {
            release();
            list.current?.scrollIntoView();
          }}
        />
        <EntryList entries={entries} pages={pages} total={total} mailboxes={mailboxes} onOpen={setOpen} />
      </div>
      {open && (
        <EntryDetails
          entry={open}
          mailbox={namesOf(mailboxes).get(open.mailboxId) ?? glassBoxTexts.list.deletedMailbox}
          mayRepair={mailbox?.options.repair ?? false}
          onClose={() => setOpen(null)}
        />
      )}
    </div>
  );
}

/** Told politely, once in a while rather than at each entry. */
const Pill = ({ count, onPress }: { count: number; onPress: () => void }) => (
  <div
    role="status"
    className="pointer-events-none sticky top-3 z-20 flex h-0 justify-center overflow-visible"
  >
    {count > 0 && (
      <Button look="primary" size="sm" className="pointer-events-auto shadow-lg" onClick={onPress}>
        <ArrowUp aria-hidden className="size-4" />
        {glassBoxTexts.live.pill(count)}
      </Button>
    )}
  </div>
);

function Nothing({ isFiltered, clear }: Pick<Props, 'isFiltered' | 'clear'>) {
  if (isFiltered)
    return (
      <EmptyState
        title={glassBoxTexts.noMatch.title}
        actions={<Button onClick={clear}>{glassBoxTexts.filters.clear}</Button>}
      >
        {glassBoxTexts.noMatch.sentence}
      </EmptyState>
    );
  return (
    <EmptyState
      icon={<ScanSearch aria-hidden className="size-10" />}
      title={glassBoxTexts.empty.title}
      actions={<ButtonLink href="/mailboxes">{glassBoxTexts.empty.mailboxes}</ButtonLink>}
    >
      {glassBoxTexts.empty.sentence}
    </EmptyState>
  );
}

const LogLoading = () => (
  <Loading className="space-y-6">
    <Skeleton className="h-72" />
    <Skeleton className="h-[36rem]" />
  </Loading>
);

/** Whether the head of the list is in sight or below, and nobody works in the list with the keyboard. */
function useIsAtTop(list: { readonly current: HTMLElement | null }): boolean {
  const [isAtTop, setIsAtTop] = useState(true);
  useEffect(() => {
    const look = () => {
      const element = list.current;
      const isInside = element?.querySelector('[role="row"]:focus') != null;
      setIsAtTop(!isInside && (element?.getBoundingClientRect().top ?? 0) > -40);
    };
    const events = ['scroll', 'focusin', 'focusout'] as const;
    for (const event of events) window.addEventListener(event, look, { passive: true });
    return () => {
      for (const event of events) window.removeEventListener(event, look);
    };
  }, [list]);
  return isAtTop;
}

/** The log: only the rows in sight are there, more are fetched before they are reached. */
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import {
  type KeyboardEvent,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { AuditEntryView, Mailbox } from '../../../src/http/api.ts';
import { glassBoxTexts } from '../../texts/glass-box.ts';
import { Button } from '../../ui/button.tsx';
import type { useEntries } from './entries.ts';
import { CARD_HEIGHT, COLUMNS, EntryRow, ROW_HEIGHT } from './entry-row.tsx';
import { namesOf } from './mailbox-names.ts';

const texts = glassBoxTexts.list;
/** Rows before the end at which the next page is asked for. */
const AHEAD = 60;
const HEAD = ['at', 'status', 'domain', 'mailbox', 'reason', 'size', 'delay'] as const;

interface Props {
  readonly entries: readonly AuditEntryView[];
  readonly pages: ReturnType<typeof useEntries>['pages'];
  /** How many entries match in all; null: not known. */
  readonly total: number | null;
  readonly mailboxes: readonly Mailbox[];
  readonly onOpen: (entry: AuditEntryView) => void;
}

export function EntryList({ entries, pages, total, mailboxes, onOpen }: Props) {
  const body = useRef<HTMLTableSectionElement>(null);
  const isWide = useMedia('(min-width: 64rem)');
  const margin = useOffset(body);
  const rows = useWindowVirtualizer({
    count: entries.length,
    estimateSize: () => (isWide ? ROW_HEIGHT : CARD_HEIGHT),
    overscan: 12,
    scrollMargin: margin,
    getItemKey: (index) => entries[index]?.id ?? index,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows have other heights now
  useLayoutEffect(() => rows.measure(), [isWide]);
  useNextPage(rows.getVirtualItems().at(-1)?.index ?? 0, entries.length, pages);
  const keys = useArrowKeys(entries, (index) => rows.scrollToIndex(index, { align: 'auto' }), onOpen, body);
  const names = namesOf(mailboxes);
  const isEnd = !pages.hasNextPage;
  return (
    <div className="rounded-xl border border-line bg-surface">
      <table
        className="block w-full"
        aria-label={texts.label}
        aria-rowcount={(isEnd ? entries.length : Math.max(total ?? 0, entries.length + 1)) + 1}
        aria-colcount={HEAD.length}
        aria-busy={pages.isFetchingNextPage}
      >
        <Head />
        <tbody ref={body} className="relative block" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, key, start }) => {
            const entry = entries[index];
            return (
              entry && (
                <EntryRow
                  key={key}
                  entry={entry}
                  mailbox={names.get(entry.mailboxId) ?? texts.deletedMailbox}
                  rowIndex={index + 2}
                  top={start - margin}
                  active={keys.isActive(entry, index)}
                  onOpen={() => onOpen(entry)}
                  onFocus={() => keys.setActive(entry.id)}
                  onKeyDown={(event) => keys.onKeyDown(event, index)}
                />
              )
            );
          })}
        </tbody>
      </table>
      <Foot pages={pages} isEnd={isEnd} />
    </div>
  );
}

const Head = () => (
  <thead className="sr-only lg:not-sr-only lg:block">
    <tr
      aria-rowindex={1}
      className={`border-b border-line py-2.5 text-left text-xs font-semibold text-muted ${COLUMNS}`}
    >
      {HEAD.map((name) => (
        <th key={name} scope="col" className={name === 'size' || name === 'delay' ? 'text-right' : ''}>
          {texts.columns[name]}
        </th>
      ))}
    </tr>
  </thead>
);

function Foot({ pages, isEnd }: Pick<Props, 'pages'> & { isEnd: boolean }) {
  if (pages.isFetchNextPageError)
    return (
      <div role="alert" className="flex items-center justify-center gap-3 p-4 text-sm text-failed">
        {texts.moreFailed}
        <Button size="sm" onClick={() => void pages.fetchNextPage()}>
          {glassBoxTexts.retry}
        </Button>
      </div>
    );
  return (
    <p role="status" className="p-4 text-center text-sm text-muted">
      {isEnd ? texts.end : texts.more}
    </p>
  );
}

function useNextPage(lastShown: number, count: number, pages: Props['pages']): void {
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = pages;
  const isNear = lastShown >= count - AHEAD;
  useEffect(() => {
    if (isNear && hasNextPage && !isFetchingNextPage && !isFetchNextPageError) void fetchNextPage();
  }, [isNear, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);
}

/** One row can be tabbed to; from there the arrow keys go on, however many rows there are. */
function useArrowKeys(
  entries: readonly AuditEntryView[],
  scrollTo: (index: number) => void,
  onOpen: (entry: AuditEntryView) => void,
  body: { readonly current: HTMLElement | null },
) {
  const [activeId, setActive] = useState<string | null>(null);
  const [wanted, setWanted] = useState<string | null>(null);
  // The row may come into being only when it has been scrolled to.
  useLayoutEffect(() => {
    const row = wanted === null ? null : body.current?.querySelector<HTMLElement>(`[data-entry="${wanted}"]`);
    if (!row) return;
    row.focus({ preventScroll: true });
    setWanted(null);
  });
  const known = entries.some(({ id }) => id === activeId);
  return {
    setActive,
    isActive: ({ id }: AuditEntryView, index: number) => (known ? id === activeId : index === 0),
    onKeyDown: (event: KeyboardEvent<HTMLTableRowElement>, index: number) => {
      const entry = entries[index];
      if (entry && (event.key === 'Enter' || event.key === ' ')) {
        event.preventDefault();
        onOpen(entry);
        return;
      }
      const target = targetOf(event.key, index, entries.length);
      const next = target === null ? undefined : entries[target];
      if (target === null || !next) return;
      event.preventDefault();
      scrollTo(target);
      setWanted(next.id);
    },
  };
}

function targetOf(key: string, index: number, count: number): number | null {
  const moves: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 };
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  const move = moves[key];
  return move === undefined ? null : Math.min(count - 1, Math.max(0, index + move));
}

/** Where the rows begin on the page, ms of layout later too: what is above them may grow. */
function useOffset(body: { readonly current: HTMLElement | null }): number {
  const [offset, setOffset] = useState(0);
  useLayoutEffect(() => {
    const measure = () => {
      const element = body.current;
      if (element) setOffset(Math.round(element.getBoundingClientRect().top + window.scrollY));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [body]);
  return offset;
}

function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const media = matchMedia(query);
      media.addEventListener('change', changed);
      return () => media.removeEventListener('change', changed);
    },
    () => matchMedia(query).matches,
  );
}

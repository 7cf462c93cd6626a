/** The entries that are shown: pages behind one another, newest first, and before them what is written meanwhile. */
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { AuditEntryView } from '../../../src/http/api.ts';
import { get } from '../../api.ts';
import { useAuditEvents } from '../../events.ts';
import { type AuditQuery, matches } from './filter-state.ts';

interface AuditPage {
  readonly entries: AuditEntryView[];
  readonly nextCursor: string | null;
}

const PAGE = 200;
/** Of what came while somebody looked elsewhere; more is fetched anew. */
const MOST_HELD = 500;
const STATS_AFTER_MS = 5000;

const usePages = (query: AuditQuery) =>
  useInfiniteQuery({
    queryKey: ['audit', query],
    queryFn: ({ pageParam, signal }) =>
      get<AuditPage>('/audit', { ...query, limit: PAGE, cursor: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
    // What is written once never changes, and what is new comes by itself.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });

interface Live {
  readonly query: AuditQuery;
  /** Shown. */
  readonly shown: readonly AuditEntryView[];
  /** Behind the pill. */
  readonly held: readonly AuditEntryView[];
}

/** `follows`: whether new entries may move the list just now. */
export function useEntries(query: AuditQuery, follows: boolean) {
  const pages = usePages(query);
  const [live, setLive] = useState<Live>({ query, shown: [], held: [] });
  const current = live.query === query ? live : { query, shown: [], held: [] };
  const following = useRef(follows);
  following.current = follows;
  const refreshStats = useStatsRefresh();

  useAuditEvents(
    useCallback(
      (entry) => {
        if (!matches(entry, query)) return;
        refreshStats();
        setLive((before) =>
          withEntry(
            before.query === query ? before : { query, shown: [], held: [] },
            entry,
            following.current,
          ),
        );
      },
      [query, refreshStats],
    ),
  );

  const release = useCallback(
    () =>
      setLive((before) =>
        before.held.length === 0 ? before : { ...before, shown: [...before.held, ...before.shown], held: [] },
      ),
    [],
  );
  const { data, refetch } = pages;
  const { shown, held } = current;
  const entries = useMemo(() => merge(shown, data?.pages ?? []), [shown, data]);
  const flood = held.length >= MOST_HELD;
  return {
    entries,
    held: held.length,
    /** Shows what is held. */
    release: flood
      ? () => {
          setLive({ query, shown: [], held: [] });
          void refetch();
        }
      : release,
    pages,
  };
}

function withEntry(live: Live, entry: AuditEntryView, follows: boolean): Live {
  if (live.held.some(({ id }) => id === entry.id) || live.shown.some(({ id }) => id === entry.id))
    return live;
  // In the order of their coming, so that nothing is shown above what came later.
  return follows && live.held.length === 0
    ? { ...live, shown: [entry, ...live.shown] }
    : { ...live, held: [entry, ...live.held].slice(0, MOST_HELD) };
}

function merge(live: readonly AuditEntryView[], pages: readonly AuditPage[]): AuditEntryView[] {
  const fetched = pages.flatMap(({ entries }) => entries);
  if (live.length === 0) return fetched;
  const known = new Set(fetched.slice(0, PAGE).map(({ id }) => id));
  return [...live.filter(({ id }) => !known.has(id)), ...fetched];
}

/** Brings the figures up to date some seconds after the first new entry, not at each. */
function useStatsRefresh(): () => void {
  const client = useQueryClient();
  const timer = useRef<number | null>(null);
  useEffect(
    () => () => {
      if (timer.current !== null) window.clearTimeout(timer.current);
    },
    [],
  );
  return useCallback(() => {
    timer.current ??= window.setTimeout(() => {
      timer.current = null;
      void client.invalidateQueries({ queryKey: ['audit-stats'] });
    }, STATS_AFTER_MS);
  }, [client]);
}

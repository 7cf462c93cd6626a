/** What the Glass Box shows, as the address says it: shareable, and walked through by back and forward. */
import { useCallback, useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';
import type { AuditEntryView } from '../../../src/http/api.ts';
import { STATUSES } from '../../texts/reasons.ts';

const HOUR = 3_600_000;
const SPANS = {
  '24h': 24 * HOUR,
  '7d': 7 * 24 * HOUR,
  '30d': 30 * 24 * HOUR,
  '90d': 90 * 24 * HOUR,
} as const;
export const PERIODS = ['all', '24h', '7d', '30d', '90d', 'custom'] as const;
export type Period = (typeof PERIODS)[number];

export interface LogFilter {
  /** Empty: all. */
  readonly mailbox: string;
  readonly status: AuditEntryView['status'] | '';
  readonly domain: string;
  readonly period: Period;
  /** For `custom`: a day, or an instant; empty: open. */
  readonly from: string;
  readonly to: string;
}

export const NO_FILTER: LogFilter = { mailbox: '', status: '', domain: '', period: 'all', from: '', to: '' };

const VIEWS = ['log', 'reconciliation', 'chain'] as const;
export type View = (typeof VIEWS)[number];

/** The filter as the API takes it. */
export interface AuditQuery {
  readonly mailbox: string;
  readonly status: string;
  readonly domain: string;
  readonly from: string;
  readonly to: string;
}

const isTime = (value: string): boolean => value === '' || !Number.isNaN(Date.parse(value));

/** What makes no sense is left out: whoever typed it sees that the filter is not there. */
export function parseFilter(search: string): LogFilter {
  const given = new URLSearchParams(search);
  const value = (name: string): string => given.get(name) ?? '';
  const [from, to] = [value('from'), value('to')].map((time) => (isTime(time) ? time : '')) as [
    string,
    string,
  ];
  const named = PERIODS.find((period) => period === value('period'));
  return {
    mailbox: value('mailbox'),
    status: STATUSES.find((status) => status === value('status')) ?? '',
    domain: value('domain').slice(0, 253),
    period: from || to ? 'custom' : (named ?? 'all'),
    from,
    to,
  };
}

/** Without the question mark; empty for no filter. */
export function formatSearch(filter: LogFilter, view: View): string {
  const { mailbox, status, domain, period, from, to } = filter;
  const times = period === 'custom' ? { from, to } : { from: '', to: '' };
  const given = {
    view: view === 'log' ? '' : view,
    mailbox,
    status,
    domain,
    period: period === 'all' || times.from || times.to ? '' : period,
    ...times,
  };
  return new URLSearchParams(Object.entries(given).filter(([, value]) => value !== '')).toString();
}

/** A named period begins that long before `now`, to the minute. */
export function queryOf({ mailbox, status, domain, period, from, to }: LogFilter, now: number): AuditQuery {
  const common = { mailbox, status, domain: domain.toLowerCase() };
  if (period === 'all') return { ...common, from: '', to: '' };
  if (period === 'custom') return { ...common, from, to };
  const since = Math.floor((now - SPANS[period]) / 60_000) * 60_000;
  return { ...common, from: new Date(since).toISOString(), to: '' };
}

/** Whether an entry that has just been written belongs to what is shown; the API decides for all others. */
export function matches(entry: AuditEntryView, query: AuditQuery): boolean {
  const at = Date.parse(entry.at);
  const end = query.to === '' ? null : Date.parse(query.to) + (query.to.includes('T') ? 0 : 24 * HOUR);
  return (
    (query.mailbox === '' || entry.mailboxId === query.mailbox) &&
    (query.status === '' || entry.status === query.status) &&
    (query.domain === '' || entry.senderDomain === query.domain) &&
    (query.from === '' || at >= Date.parse(query.from)) &&
    (end === null || at < end)
  );
}

/** The filter of the address, and a way to change it that can be gone back from. */
export function useLogFilter() {
  const search = useSearch();
  const [, navigate] = useLocation();
  const filter = useMemo(() => parseFilter(search), [search]);
  const asked = new URLSearchParams(search).get('view');
  const view: View = VIEWS.find((each) => each === asked) ?? 'log';
  const go = useCallback(
    (next: LogFilter, nextView: View) => {
      const wanted = formatSearch(next, nextView);
      navigate(wanted === '' ? '/glass-box' : `/glass-box?${wanted}`);
    },
    [navigate],
  );
  // Named periods stay where they began while one looks at them.
  const query = useMemo(() => queryOf(filter, Date.now()), [filter]);
  return {
    filter,
    view,
    query,
    change: (part: Partial<LogFilter>) => go({ ...filter, ...part }, view),
    show: (next: View) => go(filter, next),
    clear: () => go(NO_FILTER, view),
  };
}

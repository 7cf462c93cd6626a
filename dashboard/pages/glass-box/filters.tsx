/** What is shown: by mailbox, status, sender's domain and period. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type FormEvent, useEffect, useId, useState } from 'react';
import type { Mailbox } from '../../../src/http/api.ts';
import { get } from '../../api.ts';
import { formatInstant } from '../../texts/format.ts';
import { glassBoxTexts } from '../../texts/glass-box.ts';
import { STATUS_TEXTS, STATUSES } from '../../texts/reasons.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { type LogFilter, NO_FILTER, PERIODS } from './filter-state.ts';
import { namesOf } from './mailbox-names.ts';

const texts = glassBoxTexts.filters;

export interface FilterProps {
  readonly filter: LogFilter;
  readonly mailboxes: readonly Mailbox[];
  readonly change: (part: Partial<LogFilter>) => void;
  readonly clear: () => void;
}

export function Filters({ filter, mailboxes, change, clear }: FilterProps) {
  const isFiltered = JSON.stringify(filter) !== JSON.stringify(NO_FILTER);
  return (
    <search aria-label={texts.label}>
      <div className="grid grid-cols-2 items-start gap-3 lg:grid-cols-4">
        <MailboxField filter={filter} mailboxes={mailboxes} change={change} />
        <SelectField
          label={texts.status}
          value={filter.status}
          onChange={(event) => change({ status: event.target.value as LogFilter['status'] })}
        >
          <option value="">{texts.anyStatus}</option>
          {STATUSES.map((status) => (
            <option key={status} value={status}>
              {STATUS_TEXTS[status].title}
            </option>
          ))}
        </SelectField>
        <DomainField domain={filter.domain} change={change} />
        <SelectField
          label={texts.period}
          value={filter.period}
          onChange={(event) =>
            change({ period: event.target.value as LogFilter['period'], from: '', to: '' })
          }
        >
          {PERIODS.map((period) => (
            <option key={period} value={period}>
              {texts.periods[period]}
            </option>
          ))}
        </SelectField>
      </div>
      {filter.period === 'custom' && <CustomPeriod filter={filter} change={change} />}
      {isFiltered && (
        <Button size="sm" look="quiet" className="mt-3" onClick={clear}>
          {texts.clear}
        </Button>
      )}
    </search>
  );
}

export function MailboxField({ filter, mailboxes, change }: Omit<FilterProps, 'clear'>) {
  const isKnown = filter.mailbox === '' || mailboxes.some(({ id }) => id === filter.mailbox);
  return (
    <SelectField
      label={texts.mailbox}
      value={filter.mailbox}
      onChange={(event) => change({ mailbox: event.target.value })}
    >
      <option value="">{texts.anyMailbox}</option>
      {[...namesOf(mailboxes)].map(([id, name]) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
      {!isKnown && <option value={filter.mailbox}>{glassBoxTexts.list.deletedMailbox}</option>}
    </SelectField>
  );
}

/** Suggests domains while one types; takes effect at Enter, on leaving, or when a suggestion is chosen. */
function DomainField({ domain, change }: { domain: string; change: FilterProps['change'] }) {
  const [typed, setTyped] = useState(domain);
  // Back and forward change it too.
  useEffect(() => setTyped(domain), [domain]);
  const asked = useSettled(typed.trim().toLowerCase());
  const list = useId();
  const { data: domains = [] } = useQuery({
    queryKey: ['audit-domains', asked],
    queryFn: async ({ signal }) =>
      (await get<{ domains: string[] }>(`/audit/domains`, { prefix: asked }, signal)).domains,
    enabled: asked !== '',
    placeholderData: keepPreviousData,
  });
  const take = (value: string) => value.trim() !== domain && change({ domain: value.trim().toLowerCase() });
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        take(typed);
      }}
    >
      <TextField
        label={texts.domain}
        value={typed}
        type="search"
        inputMode="url"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={253}
        placeholder={texts.domainPlaceholder}
        list={list}
        onChange={(event) => {
          setTyped(event.target.value);
          if (domains.includes(event.target.value)) take(event.target.value);
        }}
        onBlur={() => take(typed)}
      />
      <datalist id={list}>
        {domains.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </form>
  );
}

/** The value as it was when it last rested for a moment. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(value), 200);
    return () => window.clearTimeout(timer);
  }, [value]);
  return settled;
}

/** Whole days; what the chart has set to the minute is told beside them. */
function CustomPeriod({ filter, change }: { filter: LogFilter; change: FilterProps['change'] }) {
  const [from, setFrom] = useState(filter.from.slice(0, 10));
  const [to, setTo] = useState(filter.to.slice(0, 10));
  useEffect(() => {
    setFrom(filter.from.slice(0, 10));
    setTo(filter.to.slice(0, 10));
  }, [filter.from, filter.to]);
  const wrong = from !== '' && to !== '' && from > to;
  const isExact = filter.from.includes('T') || filter.to.includes('T');
  const take = (next: { from?: string; to?: string }) => {
    const [first, last] = [next.from ?? from, next.to ?? to];
    if (first === '' || last === '' || first <= last) change({ period: 'custom', from: first, to: last });
  };
  return (
    <div className="mt-3 grid grid-cols-2 items-start gap-3 lg:grid-cols-4">
      <TextField
        label={texts.from}
        type="date"
        value={from}
        error={wrong ? texts.wrongOrder : null}
        onChange={(event) => {
          setFrom(event.target.value);
          take({ from: event.target.value });
        }}
      />
      <TextField
        label={texts.to}
        type="date"
        value={to}
        onChange={(event) => {
          setTo(event.target.value);
          take({ to: event.target.value });
        }}
      />
      <p className="col-span-2 self-end pb-2 text-sm text-muted">
        {isExact ? texts.exactly(formatInstant(filter.from), formatInstant(filter.to)) : texts.utc}
      </p>
    </div>
  );
}

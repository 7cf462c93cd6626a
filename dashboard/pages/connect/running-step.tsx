/** It runs: how far it is, and the first messages as they come. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { AuditEntryView, Mailbox } from '../../../src/http/api.ts';
import { get } from '../../api.ts';
import { useAuditEvents } from '../../events.ts';
import { connect } from '../../texts/connect.ts';
import { formatBytes, formatNumber } from '../../texts/format.ts';
import { mailboxFaultText } from '../../texts/signed-in-faults.ts';
import { Badge } from '../../ui/badge.tsx';
import { Banner } from '../../ui/banner.tsx';
import { ButtonAnchor, ButtonLink } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Instant } from '../../ui/instant.tsx';
import { Progress } from '../../ui/progress.tsx';
import { ErrorState, Loading, Skeleton } from '../../ui/states.tsx';
import { StepFrame } from './step-frame.tsx';
import type { DraftStepProps } from './step-props.ts';

const SHOWN = 5;

export function RunningStep({ mailbox }: DraftStepProps) {
  const { running } = connect;
  const { data: entries = [], isSuccess, error, refetch } = useFirstEntries(mailbox.id);
  return (
    <StepFrame heading={running.heading}>
      <State mailbox={mailbox} />
      <Card className="space-y-3">
        <div>
          <h3 className="text-base font-semibold">{running.first}</h3>
          <p className="text-sm text-muted">{running.firstHint}</p>
        </div>
        <ul aria-live="polite" className="divide-y divide-line">
          {entries.map((entry) => (
            <Entry key={entry.id} entry={entry} />
          ))}
        </ul>
        {isSuccess && entries.length === 0 && <p className="text-sm">{running.nothingYet}</p>}
        {error && entries.length === 0 && <ErrorState error={error} onRetry={() => void refetch()} />}
        {!isSuccess && !error && (
          <Loading>
            <Skeleton className="h-16" />
          </Loading>
        )}
      </Card>
      <div className="flex flex-wrap gap-3">
        <ButtonLink look="primary" href={`/glass-box?mailbox=${mailbox.id}`}>
          {running.glassBox}
        </ButtonLink>
        <ButtonLink href={`/mailboxes/${mailbox.id}`}>{running.mailbox}</ButtonLink>
        <ButtonLink look="quiet" href="/connect">
          {running.another}
        </ButtonLink>
      </div>
    </StepFrame>
  );
}

function State({ mailbox }: { mailbox: Mailbox }) {
  const { state, fault, progress, lastSyncAt } = mailbox;
  const { running, test } = connect;
  if (fault) {
    const { title, next, action } = mailboxFaultText(fault.code, mailbox);
    return (
      <Banner
        tone={action === 'wait' ? 'waiting' : 'failed'}
        title={title}
        actions={
          action === 'consent' && (
            <ButtonAnchor size="sm" href="/auth/google">
              {test.consent}
            </ButtonAnchor>
          )
        }
      >
        {next}
      </Banner>
    );
  }
  if (state !== 'active') return <Banner tone="rejected" title={running.stopped} />;
  if (lastSyncAt === null && progress.found === 0) return <Banner tone="waiting">{running.starting}</Banner>;
  if (progress.waiting === 0) return <Banner tone="delivered">{running.watching}</Banner>;
  const dealt = progress.found - progress.waiting;
  return (
    <Card className="space-y-2">
      <p className="text-sm">{running.backlog(formatNumber(dealt), formatNumber(progress.found))}</p>
      <Progress value={dealt / progress.found} label={running.progress} />
    </Card>
  );
}

function Entry({ entry: { status, senderDomain, sizeBytes, at } }: { entry: AuditEntryView }) {
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2.5 text-sm">
      <Badge tone={status}>{connect.running.statuses[status]}</Badge>
      <span className="min-w-40 flex-1 font-medium wrap-anywhere">{senderDomain}</span>
      <span className="text-muted">{formatBytes(sizeBytes)}</span>
      <span className="text-muted">
        <Instant at={at} />
      </span>
    </li>
  );
}

/** The newest entries of the mailbox, live. */
function useFirstEntries(mailboxId: string) {
  const client = useQueryClient();
  const query = useQuery({
    queryKey: ['first-entries', mailboxId],
    queryFn: async ({ signal }) =>
      (await get<{ entries: AuditEntryView[] }>('/audit', { mailbox: mailboxId, limit: SHOWN }, signal))
        .entries,
  });
  useAuditEvents(
    useCallback(
      (entry) => {
        if (entry.mailboxId !== mailboxId) return;
        client.setQueryData<AuditEntryView[]>(['first-entries', mailboxId], (before = []) =>
          [entry, ...before.filter(({ id }) => id !== entry.id)].slice(0, SHOWN),
        );
      },
      [client, mailboxId],
    ),
  );
  return query;
}

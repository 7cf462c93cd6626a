/** Everything about one entry: its fields, what they mean, what can be done. */
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { AuditDetail, AuditEntryView } from '../../../src/http/api.ts';
import { ApiError, get, post } from '../../api.ts';
import { atSourceTexts } from '../../texts/at-source.ts';
import { chainTexts } from '../../texts/chains.ts';
import { formatBytes, formatInstant } from '../../texts/format.ts';
import { glassBoxTexts } from '../../texts/glass-box.ts';
import { isMendable, STATUS_TEXTS, textOf } from '../../texts/reasons.ts';
import { Badge } from '../../ui/badge.tsx';
import { Banner } from '../../ui/banner.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useToast } from '../../ui/toast.tsx';

const texts = glassBoxTexts.detail;

interface Props {
  readonly entry: AuditEntryView;
  readonly mailbox: string;
  /** The mailbox allows repaired copies. */
  readonly mayRepair: boolean;
  readonly onClose: () => void;
}

export function EntryDetails({ entry, mailbox, mayRepair, onClose }: Props) {
  const { status, reason, delayMs } = entry;
  const meaning = textOf(entry);
  return (
    <Dialog
      side
      open
      onOpenChange={(open) => !open && onClose()}
      title={meaning.title}
      description={entry.senderDomain}
    >
      <div className="space-y-6 text-sm">
        <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2.5">
          <Fact name={texts.status}>
            <Badge tone={status}>{STATUS_TEXTS[status].title}</Badge>
          </Fact>
          <Fact name={texts.at}>
            <time dateTime={entry.at}>{formatInstant(entry.at)}</time>
          </Fact>
          <Fact name={texts.mailbox}>{mailbox}</Fact>
          <Fact name={texts.domain}>{entry.senderDomain}</Fact>
          <Fact name={texts.size}>{formatBytes(entry.sizeBytes)}</Fact>
          <Fact name={texts.delay}>
            {delayMs === null ? texts.delayUnknown : glassBoxTexts.delay(delayMs)}
          </Fact>
          <Fact name={texts.code}>
            <span className="font-mono text-xs">{reason ?? texts.noCode}</span>
          </Fact>
          <Fact name={texts.id}>
            <span className="font-mono text-xs">{entry.id}</span>
          </Fact>
          <More id={entry.id} />
        </dl>
        <Part title={texts.meaning}>{meaning.means}</Part>
        {meaning !== STATUS_TEXTS[status] && <p className="-mt-4 text-muted">{STATUS_TEXTS[status].means}</p>}
        <Part title={texts.next}>{meaning.next}</Part>
        {(status === 'failed' || status === 'uncertain' || (mayRepair && isMendable(entry))) && (
          <Retry key={entry.id} entry={entry} onDone={onClose} />
        )}
      </div>
    </Dialog>
  );
}

/** What the log's lines do not hold. */
function More({ id }: { id: string }) {
  const { data, error } = useQuery({
    queryKey: ['audit-entry', id],
    queryFn: ({ signal }) => get<AuditDetail>(`/audit/${id}`, {}, signal),
  });
  return (
    <>
      <Fact name={chainTexts.link}>
        {data ? (
          <span className="font-mono text-xs break-all">
            {data.seq}:{data.hash}
          </span>
        ) : (
          <span className="text-muted">{error ? texts.notLoaded : texts.loading}</span>
        )}
      </Fact>
      {data?.atSource && <Fact name={atSourceTexts.title}>{atSourceTexts.entry(data.atSource)}</Fact>}
    </>
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <>
    <dt className="text-muted">{name}</dt>
    <dd className="min-w-0 break-words">{children}</dd>
  </>
);

const Part = ({ title, children }: { title: string; children: ReactNode }) => (
  <div>
    <h3 className="font-semibold">{title}</h3>
    <p className="mt-1">{children}</p>
  </div>
);

function Retry({ entry, onDone }: { entry: AuditEntryView; onDone: () => void }) {
  const say = useToast();
  const retry = useMutation({
    mutationFn: () => post<{ retried: number }>(`/audit/${entry.id}/retry`),
    onSuccess: () => {
      say(texts.retried);
      onDone();
    },
  });
  const { error } = retry;
  const label = entry.status === 'rejected' ? texts.retryRepair : texts.retry;
  const isOver = error instanceof ApiError && error.code === 'nothing-to-retry';
  return (
    <div className="space-y-3">
      {entry.status === 'uncertain' && !isOver && <Banner tone="uncertain">{texts.twice}</Banner>}
      {entry.status === 'rejected' && !isOver && <p className="text-muted">{texts.repairFollows}</p>}
      {error && (
        <Banner tone={isOver ? 'skipped' : 'failed'}>{isOver ? texts.nothingLeft : error.message}</Banner>
      )}
      {!isOver && (
        <Button look="primary" busy={retry.isPending} onClick={() => retry.mutate()}>
          {entry.status === 'uncertain' ? texts.retryAnyway : label}
        </Button>
      )}
    </div>
  );
}

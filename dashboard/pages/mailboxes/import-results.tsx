/** What became of each line of a list. */
import { Check, TriangleAlert } from 'lucide-react';
import { Link } from 'wouter';
import type { Imported } from '../../../src/http/api.ts';
import { useMailboxes } from '../../mailboxes.ts';
import { importTexts as texts } from '../../texts/import.ts';
import { Banner } from '../../ui/banner.tsx';
import { Button } from '../../ui/button.tsx';

interface Props {
  readonly imported: Imported;
  readonly onAnother: () => void;
  readonly onClose: () => void;
}

export function ImportResults({ imported: { lines }, onAnother, onClose }: Props) {
  const connected = lines.filter(({ ok }) => ok).length;
  return (
    <div className="space-y-5">
      <Summary connected={connected} all={lines.length} />
      {lines.length > 0 && (
        <ul
          aria-label={texts.results}
          className="divide-y divide-line overflow-hidden rounded-xl border border-line"
        >
          {lines.map((line) => (
            <Line key={line.line} line={line} />
          ))}
        </ul>
      )}
      <div className="flex flex-wrap justify-end gap-3">
        {connected < lines.length && <Button onClick={onAnother}>{texts.another}</Button>}
        <Button look="primary" onClick={onClose}>
          {texts.done}
        </Button>
      </div>
    </div>
  );
}

function Summary({ connected, all }: { connected: number; all: number }) {
  if (connected === 0)
    return (
      <Banner tone="failed" title={texts.none}>
        {all === 0 && texts.noLines}
      </Banner>
    );
  const isWhole = connected === all;
  return (
    <Banner
      tone={isWhole ? 'delivered' : 'waiting'}
      title={isWhole ? texts.all(connected) : texts.some(connected, all)}
    >
      {texts.tested} {!isWhole && texts.again}
    </Banner>
  );
}

function Line({ line: { line, mailboxId, error } }: { line: Imported['lines'][number] }) {
  const { data: mailboxes } = useMailboxes();
  const name = mailboxes?.find(({ id }) => id === mailboxId)?.username ?? texts.connected;
  const Icon = error === null ? Check : TriangleAlert;
  return (
    <li className="flex items-start gap-3 px-4 py-2.5 text-sm">
      <Icon
        aria-hidden
        className={
          error === null ? 'mt-0.5 size-4 shrink-0 text-delivered' : 'mt-0.5 size-4 shrink-0 text-failed'
        }
      />
      <span className="w-16 shrink-0 text-muted">{texts.line(line)}</span>
      {error === null ? (
        <Link href={`/mailboxes/${mailboxId}`} className="min-w-0 wrap-anywhere text-accent underline">
          {name}
        </Link>
      ) : (
        <span className="min-w-0 wrap-anywhere font-medium text-failed">{error.message}</span>
      )}
    </li>
  );
}

/** One entry: a row of the table, or a card where there is no room for one. */
import type { KeyboardEvent } from 'react';
import type { AuditEntryView } from '../../../src/http/api.ts';
import { formatBytes, formatInstant } from '../../texts/format.ts';
import { glassBoxTexts } from '../../texts/glass-box.ts';
import { STATUS_TEXTS, textOf } from '../../texts/reasons.ts';
import { Badge } from '../../ui/badge.tsx';
import { classes } from '../../ui/classes.ts';

export const ROW_HEIGHT = 44;
export const CARD_HEIGHT = 104;
/** The same for the head and the rows. */
export const COLUMNS =
  'lg:grid lg:grid-cols-[11rem_7.5rem_minmax(8rem,1.2fr)_minmax(8rem,1fr)_minmax(8rem,1.2fr)_5.5rem_6rem] lg:gap-3 lg:px-4';

const texts = glassBoxTexts.list;

interface Props {
  readonly entry: AuditEntryView;
  readonly mailbox: string;
  /** 1 is the head's. */
  readonly rowIndex: number;
  readonly top: number;
  /** The one row that Tab goes to. */
  readonly active: boolean;
  readonly onOpen: () => void;
  readonly onFocus: () => void;
  readonly onKeyDown: (event: KeyboardEvent<HTMLTableRowElement>) => void;
}

export function EntryRow({ entry, mailbox, rowIndex, top, active, onOpen, onFocus, onKeyDown }: Props) {
  const { status, reason, senderDomain } = entry;
  return (
    <tr
      aria-rowindex={rowIndex}
      tabIndex={active ? 0 : -1}
      data-entry={entry.id}
      onClick={onOpen}
      onFocus={onFocus}
      onKeyDown={onKeyDown}
      style={{ transform: `translateY(${top}px)` }}
      className={classes(
        'absolute inset-x-0 top-0 cursor-pointer border-b border-line text-sm hover:bg-sunken focus-visible:-outline-offset-2',
        'flex h-26 flex-col justify-center gap-1 px-4 lg:h-11 lg:items-center',
        COLUMNS,
      )}
    >
      <td className="truncate text-muted lg:text-ink">
        <time dateTime={entry.at}>{formatInstant(entry.at)}</time>
      </td>
      <td className="absolute top-3 right-4 lg:static">
        <Badge tone={status}>{STATUS_TEXTS[status].title}</Badge>
      </td>
      <td className="truncate font-medium" title={senderDomain}>
        {senderDomain}
      </td>
      <td className="truncate text-muted" title={mailbox}>
        {mailbox}
      </td>
      <td className={classes('truncate', reason === null && 'hidden lg:block')}>
        {reason === null ? '' : textOf(entry).title}
      </td>
      <td className="hidden text-right text-muted lg:block">{formatBytes(entry.sizeBytes)}</td>
      <td className="hidden truncate text-right text-muted lg:block">
        {entry.delayMs === null ? (
          <span className="sr-only">{texts.noDelay}</span>
        ) : (
          glassBoxTexts.delay(entry.delayMs)
        )}
      </td>
    </tr>
  );
}

/** Which folders of an IMAP account. */
import type { ProbeReportView } from '../../../src/http/api.ts';
import { connect } from '../../texts/connect.ts';
import { formatBytes } from '../../texts/format.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { ChoiceField } from '../../ui/field.tsx';
import type { ChoiceInput } from './stored.ts';

const KINDS = ['inbox', 'all', 'some'] as const;

type Folder = ProbeReportView['folders'][number];

export function FolderChoice({
  folders,
  choice,
  change,
  error,
}: {
  folders: readonly Folder[];
  choice: ChoiceInput;
  change: (part: Partial<ChoiceInput>) => void;
  error: string | null;
}) {
  const { choose } = connect;
  const toggle = (path: string, on: boolean) =>
    change({ some: on ? [...choice.some, path] : choice.some.filter((each) => each !== path) });
  return (
    <Card>
      <fieldset className="space-y-4" aria-describedby={error ? 'folders-error' : undefined}>
        <legend className="mb-3 text-base font-semibold">{choose.folders}</legend>
        {KINDS.map((kind) => (
          <ChoiceField
            key={kind}
            type="radio"
            name="folders"
            label={choose.folderChoices[kind]}
            hint={kind === 'all' ? choose.allHint : undefined}
            checked={choice.folders === kind}
            onChange={() =>
              change({
                folders: kind,
                ...(kind === 'some' && choice.some.length === 0 && { some: ['INBOX'] }),
              })
            }
          />
        ))}
        {choice.folders === 'some' &&
          (folders.length === 0 ? (
            <p className="ml-8 text-sm text-muted">{choose.noFolders}</p>
          ) : (
            <ul className="ml-8 max-h-96 space-y-1 overflow-y-auto rounded-lg border border-line p-3">
              {folders.map((folder) => (
                <FolderLine
                  key={folder.path}
                  folder={folder}
                  checked={choice.some.includes(folder.path)}
                  onToggle={(on) => toggle(folder.path, on)}
                />
              ))}
            </ul>
          ))}
        {choice.folders !== 'inbox' && !choice.extras.folderLabels && (
          <p className="text-sm text-muted">{choose.inOneInbox}</p>
        )}
        {error && (
          <p id="folders-error" role="alert" className="text-sm font-medium text-failed">
            {error}
          </p>
        )}
      </fieldset>
    </Card>
  );
}

function FolderLine({
  folder: { path, specialUse, messages, bytes },
  checked,
  onToggle,
}: {
  folder: Folder;
  checked: boolean;
  onToggle: (on: boolean) => void;
}) {
  const { choose } = connect;
  const counted = messages === null ? choose.uncountedFolder : choose.messageCount(messages);
  return (
    <li className="flex min-h-8 flex-wrap items-center justify-between gap-x-4 gap-y-1">
      <ChoiceField
        className="min-w-0 wrap-anywhere"
        checked={checked}
        onChange={({ target }) => onToggle(target.checked)}
        label={
          <span className="flex flex-wrap items-center gap-2">
            {path}
            {specialUse && specialUse !== 'inbox' && <Badge tone="skipped">{choose.uses[specialUse]}</Badge>}
          </span>
        }
      />
      <span className="text-sm text-muted">
        {counted}
        {bytes !== null && `, ${formatBytes(bytes)}`}
      </span>
    </li>
  );
}

/** Which folders are imported: the inbox, all, or some by name. */
import { useId } from 'react';
import { mailboxTexts } from '../../texts/mailboxes.ts';
import { SelectField } from '../../ui/field.tsx';

type Folders = 'all' | readonly string[];

const kindOf = (folders: Folders): 'inbox' | 'all' | 'chosen' => {
  if (folders === 'all') return 'all';
  return folders.length === 1 && folders[0] === 'INBOX' ? 'inbox' : 'chosen';
};

export function FoldersField({
  folders,
  onChange,
}: {
  folders: Folders;
  onChange: (folders: Folders) => void;
}) {
  const id = useId();
  const texts = mailboxTexts.edit;
  const kind = kindOf(folders);
  return (
    <div className="space-y-3">
      <SelectField
        label={texts.folders}
        value={kind}
        onChange={(event) => {
          const { value } = event.target;
          onChange(value === 'all' ? 'all' : value === 'inbox' ? ['INBOX'] : ['INBOX', '']);
        }}
      >
        <option value="inbox">{texts.foldersInbox}</option>
        <option value="all">{texts.foldersAll}</option>
        <option value="chosen">{texts.foldersChosen}</option>
      </SelectField>
      {kind === 'chosen' && folders !== 'all' && (
        <div className="space-y-1.5">
          <label htmlFor={id} className="block text-sm font-medium">
            {texts.foldersList}
          </label>
          <textarea
            id={id}
            rows={4}
            className="block w-full rounded-lg border border-line-strong bg-surface px-3 py-2 text-sm"
            value={folders.join('\n')}
            onChange={(event) => onChange(event.target.value.split('\n'))}
            onBlur={() => onChange(folders.map((name) => name.trim()).filter((name) => name !== ''))}
          />
        </div>
      )}
    </div>
  );
}

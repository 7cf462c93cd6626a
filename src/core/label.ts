/**
 * Names of Gmail's labels, from what the owner chose and from folders' names, which a hostile server makes up. Gmail nests
 * labels by `/` in their names. Its rules are not written down in one place: 225 characters, no empty part, and no name
 * of its own, in any language of its users; what it refuses beyond these is dealt with when it does.
 */
import type { MailboxOptions } from './mailbox.ts';
import type { SourceFolder } from './ports.ts';

export const LONGEST_LABEL = 225;
/** Deeper folders get the label of their ancestor at this depth. */
const DEEPEST = 10;
/** What a name of Gmail's own gets behind it. */
const SUFFIX = ' (imported)';

/** Refused by users.labels.create as whole names, whatever their case. Those of other languages are, too. */
const RESERVED: ReadonlySet<string> = new Set([
  ...['inbox', 'spam', 'trash', 'bin', 'unread', 'read', 'starred', 'important', 'sent', 'sent mail'],
  ...['draft', 'drafts', 'chat', 'chats', 'all mail', 'allmail', 'all_mail', 'muted', 'snoozed', 'scheduled'],
  ...['outbox', 'voicemail', 'todo', 'todos', 'migrated', 'buzz', 'archived'],
]);
const CATEGORY = /^category_/i;
/** What mail servers put all folders under (RFC 2342), and Gmail its own. */
const PREFIXES: ReadonlySet<string> = new Set(['inbox', '[gmail]', '[google mail]']);

/** Whatever has a meaning of its own, or none that can be seen. The joiners of emoji and of Persian stay. */
const UNFIT =
  /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/gu;

/** The label of a mailbox's message, by its name; null: it gets none. `folder` undefined: nobody knows where it is. */
export function labelNameOf(
  { label, folderLabels }: Pick<MailboxOptions, 'label' | 'folderLabels'>,
  folder: Pick<SourceFolder, 'path'> | undefined,
): string | null {
  const parts = folderLabels && folder ? partsOf(folder.path) : [];
  const base = label === null ? [] : label.split('/');
  for (let count = parts.length; count > 0; count -= 1) {
    const name = free([...base, ...parts.slice(0, count)].join('/'));
    if (name.length <= LONGEST_LABEL) return name;
  }
  return label;
}

/** A folder's path as a label's; the inbox itself has none. */
function partsOf(path: readonly string[]): readonly string[] {
  const [first = '', ...rest] = path;
  const below = PREFIXES.has(first.toLowerCase()) ? rest : path;
  return below
    .slice(0, DEEPEST)
    .map((part) => cut(tidy(part)))
    .filter((part) => part !== '');
}

const tidy = (part: string): string =>
  part
    .normalize('NFC')
    .replace(UNFIT, '')
    .replace(/[/\\^*`]/g, '-')
    .replace(/\s+/g, ' ')
    .trim();

/** Not in the middle of a character. */
const cut = (text: string): string => {
  const most = LONGEST_LABEL - SUFFIX.length;
  if (text.length <= most) return text;
  return text
    .slice(0, most)
    .replace(/[\ud800-\udbff]$/, '')
    .trim();
};

const isReserved = (name: string): boolean => RESERVED.has(name.toLowerCase()) || CATEGORY.test(name);
const free = (name: string): string => (isReserved(name) ? name + SUFFIX : name);

/** Another name for a label that Gmail refuses to create under the first; null: there is none. */
export function otherLabelName(name: string): string | null {
  const other = `${name.replaceAll('+', '-')}${SUFFIX}`;
  return name.endsWith(SUFFIX) || other.length > LONGEST_LABEL ? null : other;
}

/** The label that a label is nested in, by its name; null: none. */
export function parentLabelName(name: string): string | null {
  const end = name.lastIndexOf('/');
  return end < 0 ? null : name.slice(0, end);
}

/** What is wrong with a label that its owner typed, as the end of a sentence that begins with its field; null: nothing. */
export function labelProblem(name: string): string | null {
  if (name.length > LONGEST_LABEL) return `must not be longer than ${LONGEST_LABEL} characters`;
  if (name.split('/').some((part) => part === '' || part !== tidy(part)))
    return 'must be a name, or several with a “/” between them, without other special characters and without spaces around them';
  if (isReserved(name)) return 'must not be one of Gmail’s own, such as Inbox or Sent';
  return null;
}

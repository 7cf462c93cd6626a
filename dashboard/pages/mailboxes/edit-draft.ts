/** A mailbox as its edit form holds it, and what of it has changed. */
import type { Mailbox, PatchMailbox } from '../../../src/http/api.ts';
import { type Extras, extrasOf, type Selection } from '../options/extras.ts';

export interface Draft {
  readonly host: string;
  readonly port: string;
  readonly security: Mailbox['security'];
  readonly username: string;
  readonly history: Mailbox['options']['history'];
  readonly since: string;
  readonly folders: 'all' | readonly string[];
  readonly skipInbox: boolean;
  readonly neverSpam: boolean;
  readonly pollSeconds: string;
  readonly extras: Extras;
}

export const draftOf = ({ host, port, security, username, options }: Mailbox): Draft => ({
  host,
  port: String(port),
  security,
  username,
  history: options.history,
  since: options.since ?? '',
  folders: options.folders,
  skipInbox: options.skipInbox,
  neverSpam: options.neverSpam,
  pollSeconds: String(options.pollSeconds),
  extras: extrasOf(options),
});

/** null: not wholly chosen. */
export function selectionOf({ history, since, folders }: Draft): Selection | null {
  if (history === 'since' && since === '') return null;
  if (folders !== 'all' && folders.length === 0) return null;
  return {
    history,
    since: history === 'since' ? since : null,
    folders: folders === 'all' ? 'all' : [...folders],
  };
}

/** null: nothing has. `password` empty: stays as it is. */
export function patchOf(mailbox: Mailbox, draft: Draft, password: string): PatchMailbox | null {
  const { options } = mailbox;
  const server = changed(mailbox, {
    host: draft.host.trim(),
    port: Number(draft.port),
    security: draft.security,
    username: draft.username,
  });
  const chosen = changed(options, {
    history: draft.history,
    since: draft.history === 'since' ? draft.since : null,
    folders: draft.folders === 'all' ? ('all' as const) : [...draft.folders],
    skipInbox: draft.skipInbox,
    neverSpam: draft.neverSpam,
    pollSeconds: Number(draft.pollSeconds),
    ...draft.extras,
  });
  const patch: PatchMailbox = {
    ...server,
    ...(password !== '' && { password }),
    ...(Object.keys(chosen).length > 0 && { options: chosen }),
  };
  return Object.keys(patch).length > 0 ? patch : null;
}

function changed<T extends object>(before: { readonly [K in keyof T]: unknown }, after: T): Partial<T> {
  const entries = Object.entries(after).filter(
    ([name, value]) => JSON.stringify(before[name as keyof T]) !== JSON.stringify(value),
  );
  return Object.fromEntries(entries) as Partial<T>;
}

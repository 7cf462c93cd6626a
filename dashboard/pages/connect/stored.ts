/** What has been typed and must survive a reload: in this tab's sessionStorage, never a password. */
import { useCallback, useState } from 'react';
import type { DiscoveryView, Mailbox } from '../../../src/http/api.ts';
import { type Extras, extrasOf } from '../options/extras.ts';

export type Candidate = DiscoveryView['candidates'][number];

export interface ServerInput {
  readonly protocol: 'imap' | 'pop3';
  readonly host: string;
  /** As typed. */
  readonly port: string;
  readonly security: 'tls' | 'starttls';
}

/** Up to the live test. */
export interface AddressInput {
  readonly email: string;
  readonly discovery: DiscoveryView | null;
  /** Which of the discovery's candidates; null: the server as entered. */
  readonly candidate: number | null;
  readonly server: ServerInput;
  readonly username: string;
  /** The draft that was made of an earlier version of this input. */
  readonly draftId: string | null;
}

/** From the live test on: which messages, as far as the draft has not got them yet. */
export interface ChoiceInput {
  readonly history: 'new' | 'since' | 'all';
  readonly since: string;
  readonly folders: 'inbox' | 'all' | 'some';
  readonly some: readonly string[];
  readonly skipInbox: boolean;
  readonly neverSpam: boolean;
  readonly pollSeconds: number;
  readonly extras: Extras;
}

export const NO_ADDRESS: AddressInput = {
  email: '',
  discovery: null,
  candidate: null,
  server: { protocol: 'imap', host: '', port: '993', security: 'tls' },
  username: '',
  draftId: null,
};

export function choiceOf({ options }: Mailbox): ChoiceInput {
  const { folders, since, history, skipInbox, neverSpam, pollSeconds } = options;
  const inboxOnly = folders !== 'all' && folders.length === 1 && folders[0] === 'INBOX';
  return {
    history,
    since: since ?? '',
    folders: folders === 'all' ? 'all' : inboxOnly ? 'inbox' : 'some',
    some: folders === 'all' ? [] : folders,
    skipInbox,
    neverSpam,
    pollSeconds,
    extras: extrasOf(options),
  };
}

const keyOf = (name: string): string => `connect:${name}`;

function read<T extends object>(name: string, initial: T): T {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(keyOf(name)) ?? '{}');
    return { ...initial, ...(stored as Partial<T>) };
  } catch {
    return initial;
  }
}

/** Like a state of `name`, and there again after a reload. A browser that stores nothing forgets it then. */
export function useStored<T extends object>(name: string, initial: T): [T, (part: Partial<T>) => void] {
  const [value, setValue] = useState(() => read(name, initial));
  const change = useCallback(
    (part: Partial<T>) =>
      setValue((before) => {
        const after = { ...before, ...part };
        try {
          sessionStorage.setItem(keyOf(name), JSON.stringify(after));
        } catch {
          // Full, or switched off.
        }
        return after;
      }),
    [name],
  );
  return [value, change];
}

export function forget(name: string): void {
  try {
    sessionStorage.removeItem(keyOf(name));
  } catch {
    // Switched off, so there is nothing.
  }
}

/** All of it: somebody else may use this tab next. */
export function forgetAll(): void {
  try {
    sessionStorage.clear();
  } catch {
    // Switched off, so there is nothing.
  }
}

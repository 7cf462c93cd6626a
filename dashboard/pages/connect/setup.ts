/** What the wizard does with the API. Passwords pass through and are kept nowhere. */
import { type QueryClient, queryOptions, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { DiscoveryView, Mailbox, Preview, ProbeReportView } from '../../../src/http/api.ts';
import { ApiError, get, patch, post, remove } from '../../api.ts';
import { MAILBOXES_KEY } from '../../mailboxes.ts';
import type { Selection } from '../options/extras.ts';
import type { ChoiceInput, ServerInput } from './stored.ts';

/** How often a running test is looked at. */
const WATCH_MS = 400;
/** How long after a count was refused as one too many it is asked for again. */
const RETRY_MS = 2000;

export interface Account {
  readonly server: ServerInput;
  readonly username: string;
}

export const probeOf = (id: string) =>
  queryOptions({
    queryKey: ['probe', id],
    queryFn: ({ signal }) => get<ProbeReportView>(`/mailboxes/${id}/probe`, {}, signal),
    staleTime: 0,
    // A running test goes on being watched when an answer fails; where there was none yet, that is said.
    refetchInterval: ({ state: { data, error } }) => (data?.finished || (error && !data) ? false : WATCH_MS),
  });

export const discover = (email: string): Promise<DiscoveryView> =>
  post<DiscoveryView>('/discover', { email });

/** How the choice reads in the API. */
export const optionsOf = (choice: ChoiceInput) => ({
  history: choice.history,
  since: choice.history === 'since' ? choice.since : null,
  folders: foldersOf(choice),
  skipInbox: choice.skipInbox,
  neverSpam: choice.neverSpam,
  pollSeconds: choice.pollSeconds,
  ...choice.extras,
});

const foldersOf = ({ folders, some }: Pick<ChoiceInput, 'folders' | 'some'>): 'all' | readonly string[] =>
  folders === 'all' ? 'all' : folders === 'inbox' ? ['INBOX'] : some;

/** Which messages the choice names. */
export const selectionOf = (
  choice: Pick<ChoiceInput, 'history' | 'since' | 'folders' | 'some'>,
): Selection => ({
  history: choice.history,
  since: choice.history === 'since' ? choice.since : null,
  folders: foldersOf(choice),
});

export const previewOf = (
  id: string,
  choice: Pick<ChoiceInput, 'history' | 'since' | 'folders' | 'some'>,
) => {
  const question = selectionOf(choice);
  return queryOptions({
    queryKey: ['preview', id, question],
    queryFn: () => post<Preview>(`/mailboxes/${id}/preview`, question),
    staleTime: 300_000,
    // Whoever reloads in the middle of a count waits for it: the one left behind still counts as one of theirs.
    retry: (failures, error) => failures < 10 && error instanceof ApiError && error.code === 'rate-limited',
    retryDelay: RETRY_MS,
  });
};

const wireOf = ({ server, username }: Account) => ({
  host: server.host.trim(),
  port: Number(server.port),
  security: server.security,
  username: username.trim(),
});

export interface Setup {
  /** A draft: tested, and not started before it is told to. */
  create(account: Account, password: string): Promise<Mailbox>;
  /** The same where its owner signs in at the provider next. */
  createSignedIn(account: Account, provider: string): Promise<Mailbox>;
  /** `password` empty: the one that is there stays. Tested again. */
  reconnect(id: string, account: Account, password: string): Promise<Mailbox>;
  testAgain(id: string): Promise<void>;
  choose(id: string, choice: ChoiceInput): Promise<void>;
  start(id: string): Promise<void>;
  discard(id: string): Promise<void>;
}

export function useSetup(): Setup {
  const client = useQueryClient();
  return useMemo(() => setupOf(client), [client]);
}

const notBegun = ({ steps }: ProbeReportView) => ({
  steps: steps.map(({ step }) => ({ step, state: 'waiting' as const })),
  fault: null,
  folders: [],
  finished: false,
});

function setupOf(client: QueryClient): Setup {
  /** Live updates bring it too, a second later. */
  const keep = (mailbox: Mailbox): Mailbox => {
    client.setQueryData<Mailbox[]>(MAILBOXES_KEY, (before = []) => [
      ...before.filter(({ id }) => id !== mailbox.id),
      mailbox,
    ]);
    return mailbox;
  };
  /** What was known of the test before counts no more; what is shown goes over into the new one without a gap. */
  const probing = (mailbox: Mailbox): Mailbox => {
    const { queryKey } = probeOf(mailbox.id);
    client.setQueryData(queryKey, (before) => before && { ...before, ...notBegun(before) });
    void client.invalidateQueries({ queryKey });
    return keep(mailbox);
  };
  return {
    create: async (account, password) =>
      probing(
        await post<Mailbox>('/mailboxes', {
          protocol: account.server.protocol,
          ...wireOf(account),
          password,
          options: { history: 'new' },
          start: false,
        }),
      ),
    createSignedIn: async (account, provider) =>
      keep(
        await post<Mailbox>('/mailboxes', {
          protocol: account.server.protocol,
          ...wireOf(account),
          auth: 'oauth',
          provider,
          options: { history: 'new' },
          start: false,
        }),
      ),
    reconnect: async (id, account, password) =>
      probing(
        await patch<Mailbox>(`/mailboxes/${id}`, {
          ...wireOf(account),
          ...(password === '' ? {} : { password }),
        }),
      ),
    testAgain: async (id) => {
      probing(await post<Mailbox>(`/mailboxes/${id}/sync`));
    },
    choose: async (id, choice) => {
      const mailbox = await patch<Mailbox>(`/mailboxes/${id}`, { options: optionsOf(choice) });
      client.setQueryData<Mailbox[]>(MAILBOXES_KEY, (before) =>
        before?.map((each) => (each.id === id ? mailbox : each)),
      );
    },
    start: async (id) => {
      keep(await post<Mailbox>(`/mailboxes/${id}/resume`));
      await client.refetchQueries({ queryKey: probeOf(id).queryKey });
    },
    discard: async (id) => {
      await remove(`/mailboxes/${id}`);
      client.setQueryData<Mailbox[]>(MAILBOXES_KEY, (before) => before?.filter((each) => each.id !== id));
    },
  };
}

/** As the API sees it: connecting one account twice would deliver its mail twice. */
export const isSameAccount = (mailbox: Mailbox, { server, username }: Account): boolean =>
  mailbox.protocol === server.protocol &&
  mailbox.host === server.host.trim().toLowerCase() &&
  mailbox.port === Number(server.port) &&
  mailbox.username === username.trim();

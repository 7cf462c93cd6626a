/** Live updates (GET /api/v1/events): mailboxes go into the query cache, audit entries to whoever listens. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { AuditEntryView, Mailbox, NoticeCounts } from '../src/http/api.ts';
import { get } from './api.ts';
import { MAILBOXES_KEY } from './mailboxes.ts';
import { noticesChanged } from './notices.ts';
import { refresh } from './refresh.ts';

type AuditListener = (entry: AuditEntryView) => void;
const auditListeners = new Set<AuditListener>();

/** Keeps one stream open while the app is; the browser connects again by itself. */
export function useLiveUpdates(): void {
  const client = useQueryClient();
  useEffect(() => {
    const stream = new EventSource('/api/v1/events');
    stream.addEventListener('mailbox', (event: MessageEvent<string>) => {
      const change = JSON.parse(event.data) as Mailbox | { id: string; deleted: true };
      client.setQueryData<Mailbox[]>(MAILBOXES_KEY, (before) => before && withChange(before, change));
    });
    stream.addEventListener('audit', (event: MessageEvent<string>) => {
      const entry = JSON.parse(event.data) as AuditEntryView;
      for (const listener of auditListeners) listener(entry);
    });
    stream.addEventListener('notice', (event: MessageEvent<string>) => {
      noticesChanged(client, JSON.parse(event.data) as NoticeCounts);
    });
    let opened = false;
    stream.addEventListener('open', () => {
      // What happened while the stream was away was not told.
      if (opened) void refresh(client);
      opened = true;
    });
    // Not told why: the API says whether the session has ended.
    stream.addEventListener('error', () => {
      if (stream.readyState === EventSource.CLOSED) get('/account').catch(() => undefined);
    });
    return () => stream.close();
  }, [client]);
}

/** Calls back for each audit entry that is written from now on. */
export function useAuditEvents(listener: AuditListener): void {
  useEffect(() => {
    auditListeners.add(listener);
    return () => {
      auditListeners.delete(listener);
    };
  }, [listener]);
}

function withChange(before: Mailbox[], change: Mailbox | { id: string; deleted: true }): Mailbox[] {
  if ('deleted' in change) return before.filter(({ id }) => id !== change.id);
  const known = before.some(({ id }) => id === change.id);
  return known ? before.map((each) => (each.id === change.id ? change : each)) : [...before, change];
}

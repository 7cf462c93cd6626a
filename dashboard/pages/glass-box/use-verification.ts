/** Has a chain verified, stretch by stretch, as long as somebody looks. */
import { useEffect, useRef, useState } from 'react';
import type { Verification } from '../../../src/http/api.ts';
import { get } from '../../api.ts';

/** The end of a chain that somebody kept. */
export interface Kept {
  readonly seq: number;
  readonly hash: string;
}

export type Check =
  | { readonly is: 'idle' }
  | { readonly is: 'running'; readonly checked: number; readonly all: number }
  | { readonly is: 'done'; readonly last: Verification; readonly kept: Kept | null }
  | { readonly is: 'failed'; readonly error: Error };

const IDLE: Check = { is: 'idle' };

export function useVerification(mailboxId: string) {
  const [check, setCheck] = useState<Check>(IDLE);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const start = async (kept: Kept | null): Promise<void> => {
    running.current?.abort();
    const abort = new AbortController();
    running.current = abort;
    setCheck({ is: 'running', checked: 0, all: 0 });
    try {
      const last = await verify(mailboxId, kept, abort.signal, (checked, all) =>
        setCheck({ is: 'running', checked, all }),
      );
      setCheck({ is: 'done', last, kept });
    } catch (error) {
      if (!abort.signal.aborted) setCheck({ is: 'failed', error: error as Error });
    }
  };
  const stop = () => {
    running.current?.abort();
    setCheck(IDLE);
  };
  return { check, start, stop };
}

async function verify(
  mailboxId: string,
  kept: Kept | null,
  signal: AbortSignal,
  tell: (checked: number, all: number) => void,
): Promise<Verification> {
  const question = kept === null ? {} : { keptSeq: kept.seq, keptHash: kept.hash };
  let after: number | null = 0;
  for (;;) {
    const found: Verification = await get<Verification>(
      `/mailboxes/${mailboxId}/chain/verify`,
      { after, ...question },
      signal,
    );
    signal.throwIfAborted();
    if (found.next === null) return found;
    tell(found.to, found.head.seq);
    after = found.next;
  }
}

/** As it is copied: `<mailbox id>:<seq>:<hash>`; the mailbox may be left out. null: it is none. */
export function parseKept(text: string): (Kept & { readonly mailboxId: string | null }) | null {
  const [, mailboxId = null, seq, hash] =
    /^(?:([0-9a-f-]{36}):)?(\d{1,15}):([0-9a-f]{64})$/.exec(text.trim().toLowerCase()) ?? [];
  return seq === undefined || hash === undefined ? null : { mailboxId, seq: Number(seq), hash };
}

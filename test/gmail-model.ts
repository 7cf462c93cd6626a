/** A Gmail in memory that never merges, and processes that can die before and after every single effect. */
import { createHash } from 'node:crypto';
import type { Fault } from '../src/core/fault.ts';
import type { Sink, Upload, UploadStatus } from '../src/core/ports.ts';
import type { SessionUri } from '../src/core/transfer.ts';

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export class Death extends Error {}

/** Counts every effect of a process, and kills it at a chosen one: before it happens, or before its answer. */
export class Mortality {
  readonly #dieAt: number;
  steps = 0;
  dead = false;

  constructor(dieAt: number) {
    this.#dieAt = dieAt;
  }

  async live<T>(effect: () => Promise<T>): Promise<T> {
    this.#step();
    const answer = await effect();
    this.#step();
    return answer;
  }

  #step(): void {
    this.steps += 1;
    this.dead ||= this.steps === this.#dieAt;
    if (this.dead) throw new Death();
  }
}

interface Session {
  parts: Buffer[];
  gmailId: string | null;
}

/** Gmail as its resumable protocol promises it, and not a bit better: no merging, no finishing on a question. */
export class GmailModel {
  readonly imported: string[] = [];
  readonly sessions = new Map<string, Session>();
  /** Bytes of a dead process that arrive after the next question. */
  late: (() => void)[] = [];
  refuse: (bytes: Buffer) => Fault | null = () => null;
  loseAll = false;

  sink(mortality: Mortality): Sink {
    return {
      open: () =>
        mortality.live(async () => {
          const uri = `https://gmail.test/upload/${this.sessions.size + 1}` as SessionUri;
          this.sessions.set(uri, { parts: [], gmailId: null });
          return this.#upload(uri, mortality);
        }),
      resume: (uri) => this.#upload(uri, mortality),
    };
  }

  #upload(uri: SessionUri, mortality: Mortality): Upload {
    return {
      uri,
      put: (parts, offset, total) => {
        const copies = parts.map((part) => Buffer.from(part));
        return mortality.live(async () => this.#put(uri, copies, offset, total));
      },
      status: () =>
        mortality.live(async () => {
          const answer = this.#status(uri);
          for (const arrive of this.late.splice(0)) arrive();
          return answer;
        }),
    };
  }

  #status(uri: string): UploadStatus {
    const session = this.loseAll ? undefined : this.sessions.get(uri);
    if (!session) return { state: 'gone' };
    if (session.gmailId !== null) return { state: 'committed', gmailId: session.gmailId };
    return { state: 'incomplete', stored: length(session) };
  }

  #put(uri: string, parts: Buffer[], offset: number, total: number | null): UploadStatus {
    const session = this.loseAll ? undefined : this.sessions.get(uri);
    if (!session) return { state: 'gone' };
    if (session.gmailId !== null) return { state: 'committed', gmailId: session.gmailId };
    if (offset !== length(session)) return { state: 'incomplete', stored: length(session) };
    const message = Buffer.concat([...session.parts, ...parts]);
    const fault = total === null ? null : this.refuse(message);
    // What is refused is not stored either.
    if (fault) throw fault;
    session.parts.push(...parts);
    if (total === null) return { state: 'incomplete', stored: length(session) };
    session.gmailId = `m${this.imported.length + 1}`;
    this.imported.push(sha256(message));
    return { state: 'committed', gmailId: session.gmailId };
  }
}

const length = (session: Session): number => session.parts.reduce((sum, part) => sum + part.length, 0);

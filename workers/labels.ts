/**
 * Labels for a mailbox's messages: looked up by name, made where they are missing, noted for the next run. No message
 * fails or waits for a label: where there can be none, it goes without, or with that of a folder above.
 */
import { Fault, isFault } from '../src/core/fault.ts';
import { labelNameOf, otherLabelName, parentLabelName } from '../src/core/label.ts';
import type { MailboxOptions } from '../src/core/mailbox.ts';
import type { Clock, LabelClient, LabelNotes, Log, SourceFolder } from '../src/core/ports.ts';
import { HOUR, MINUTE } from '../src/core/schedule.ts';
import type { Decide } from './transfer.ts';

/** Of one mailbox: a hostile server can name folders without end. Gmail takes 10,000 labels of a user. */
const MOST_LABELS = 500;
/** Names that Gmail refused within the hour, after which no more are tried. */
const MOST_REFUSED = 20;
/** How often one label may turn out to be gone within the hour, before its messages go without. */
const MOST_LOST = 2;
/** How long nothing is asked after Gmail's labels could not be reached, ms. */
const PAUSE = MINUTE;
/** How long Gmail's list is kept, ms: it may hold 10,000 names, and a run that watches lasts for days. */
const LIST_KEPT = MINUTE;
/** https://developers.google.com/workspace/gmail/api/reference/quota */
const LIST_UNITS = 1;
const CREATE_UNITS = 5;

export interface LabelDeps {
  readonly client: LabelClient;
  readonly notes: LabelNotes;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly mailboxId: string;
  /** Told of the units that a call takes of the user's allowance. */
  readonly spend: (units: number) => void;
}

/** Decides as `decide` does, and names the label. `folders`: by name, as the last listing found them. */
export const labelled =
  (decide: Decide, options: MailboxOptions, folders: ReadonlyMap<string, SourceFolder>): Decide =>
  async (fetched, header, size) => {
    const decision = await decide(fetched, header, size);
    if (decision.kind === 'skip') return decision;
    const { ref } = fetched.message;
    const label = labelNameOf(options, ref.protocol === 'imap' ? folders.get(ref.folder) : undefined);
    return { ...decision, outgoing: { ...decision.outgoing, label } };
  };

/** The labels of one run. */
export class Labels {
  readonly #deps: LabelDeps;
  /** Id by the name that is wanted. */
  #noted: Promise<Map<string, string>> | undefined;
  /** Id by name in lower case, as Gmail has them: its names are one whatever their case. */
  #listed: Promise<Map<string, string>> | undefined;
  readonly #underway = new Map<string, Promise<string | null>>();
  readonly #making = new Map<string, Promise<string | null>>();
  /** What stands in for labels that cannot be had. */
  readonly #instead = new Map<string, string | null>();
  readonly #lost = new Map<string, number>();
  #refused = 0;
  /** When what went wrong was forgotten last. */
  #forgivenAt = 0;
  #pausedUntil = 0;

  constructor(deps: LabelDeps) {
    this.#deps = deps;
  }

  /** The label's id; null: the message goes without. Faults that concern all of the user's mail. */
  async idOf(name: string, signal: AbortSignal): Promise<string | null> {
    this.#forgive();
    const id = (await this.#notes()).get(name) ?? this.#instead.get(name);
    if (id !== undefined) return id;
    if (this.#deps.clock.now() < this.#pausedUntil) return null;
    let underway = this.#underway.get(name);
    if (!underway) {
      underway = this.#find(name, signal).finally(() => this.#underway.delete(name));
      this.#underway.set(name, underway);
    }
    try {
      return await underway;
    } catch (error) {
      return this.#endure(error);
    }
  }

  /** Whether the id is that of the very label, and does not only stand in for it. */
  async isOwn(name: string, id: string): Promise<boolean> {
    return (await this.#notes()).get(name) === id;
  }

  /** Gmail does not know this id: it is looked up again, or given up when that has happened before. */
  async lose(name: string, id: string): Promise<void> {
    const noted = await this.#notes();
    const names = [...noted].flatMap(([other, otherId]) => (otherId === id ? [other] : []));
    // Another message may have found out before, and the label be there again.
    if (names.length === 0) return;
    const times = (this.#lost.get(name) ?? 0) + 1;
    this.#lost.set(name, times);
    this.#listed = undefined;
    if (times >= MOST_LOST) this.#instead.set(name, null);
    else this.#instead.delete(name);
    for (const other of names) {
      noted.delete(other);
      await this.#note(() => this.#deps.notes.forget(other));
    }
  }

  #forgive(): void {
    const now = this.#deps.clock.now();
    if (now - this.#forgivenAt < HOUR) return;
    this.#forgivenAt = now;
    this.#refused = 0;
    this.#instead.clear();
    this.#lost.clear();
  }

  async #find(name: string, signal: AbortSignal): Promise<string | null> {
    for (const candidate of [name, otherLabelName(name)]) {
      if (candidate === null) continue;
      const id = await this.#have(candidate, signal);
      if (id === null) continue;
      await this.#keep(name, id);
      return id;
    }
    const parent = parentLabelName(name);
    const instead = parent === null ? null : await this.idOf(parent, signal);
    this.#instead.set(name, instead);
    return instead;
  }

  /** The label with just this name, made if need be; null: it cannot be had. Whoever wants it meanwhile waits along. */
  #have(name: string, signal: AbortSignal): Promise<string | null> {
    const key = name.toLowerCase();
    let making = this.#making.get(key);
    if (!making) {
      making = this.#make(name, signal).finally(() => this.#making.delete(key));
      this.#making.set(key, making);
    }
    return making;
  }

  async #make(name: string, signal: AbortSignal): Promise<string | null> {
    const there = (await this.#list(signal)).get(name.toLowerCase());
    if (there !== undefined) return there;
    const parent = parentLabelName(name);
    // Without it Gmail would not show them nested.
    if (parent !== null) {
      const id = await this.#have(parent, signal);
      if (id !== null) await this.#keep(parent, id);
    }
    if ((await this.#notes()).size >= MOST_LABELS || this.#refused >= MOST_REFUSED) return null;
    return this.#create(name, signal);
  }

  async #create(name: string, signal: AbortSignal): Promise<string | null> {
    this.#deps.spend(CREATE_UNITS);
    const answer = await this.#deps.client.create(name, signal);
    if (typeof answer === 'object') {
      (await this.#list(signal)).set(name.toLowerCase(), answer.id);
      return answer.id;
    }
    if (answer === 'exists') {
      // Somebody was quicker; or it is the name of one of Gmail's own.
      this.#listed = undefined;
      const id = (await this.#list(signal)).get(name.toLowerCase());
      if (id !== undefined) return id;
    }
    this.#refused += 1;
    return null;
  }

  #list(signal: AbortSignal): Promise<Map<string, string>> {
    this.#listed ??= this.#fetchList(signal).catch((error: unknown) => {
      this.#listed = undefined;
      throw error;
    });
    return this.#listed;
  }

  async #fetchList(signal: AbortSignal): Promise<Map<string, string>> {
    this.#deps.spend(LIST_UNITS);
    const labels = await this.#deps.client.list(signal);
    setTimeout(() => {
      this.#listed = undefined;
    }, LIST_KEPT).unref();
    return new Map([...labels].map(([name, id]) => [name.toLowerCase(), id]));
  }

  #notes(): Promise<Map<string, string>> {
    this.#noted ??= this.#deps.notes.load().then((notes) => new Map(notes));
    return this.#noted;
  }

  async #keep(name: string, id: string): Promise<void> {
    const noted = await this.#notes();
    if (noted.get(name) === id) return;
    noted.set(name, id);
    await this.#note(() => this.#deps.notes.keep(name, id));
  }

  /** Without its note a label is looked up again by the next run. */
  async #note(write: () => Promise<void>): Promise<void> {
    const { log, mailboxId } = this.#deps;
    await write().catch((error: unknown) => log.warn('label not noted', { mailboxId, error }));
  }

  /** Labels that cannot be had now are no reason to keep mail waiting. */
  async #endure(error: unknown): Promise<null> {
    const { clock, log, mailboxId, notes } = this.#deps;
    if (!(error instanceof Fault)) throw error;
    // These stand for the import, too.
    if (error.scope === 'grant' && error.retry === 'later') throw error;
    if (['grant-revoked', 'project-quota', 'google-unavailable', 'database-unavailable'].includes(error.code))
      throw error;
    log.warn('no labels', { mailboxId, code: error.code });
    this.#pausedUntil = error.scope === 'grant' ? Number.POSITIVE_INFINITY : clock.now() + PAUSE;
    if (isFault(error, 'scope-missing')) await this.#note(() => notes.noteMissing());
    return null;
  }
}

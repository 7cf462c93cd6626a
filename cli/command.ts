/** What a command is, and what it is given. */
import type { ParseArgsOptionsConfig } from 'node:util';
import type { Mailbox } from '../src/http/api.ts';
import type { CliConfig } from './config.ts';
import { Failure } from './failure.ts';
import { notOurs, type Service } from './service.ts';
import type { Terminal } from './terminal.ts';

export interface Given {
  readonly config: CliConfig;
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Failure when nobody is logged in. */
  readonly service: () => Service;
  /** The same for a few seconds more, when all else has been interrupted. */
  readonly leave: () => Service;
  /** What was typed, as `options` declares it. */
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly words: readonly string[];
}

export interface Command {
  readonly name: string;
  /** Behind the name, in a line of help. */
  readonly takes: string;
  readonly summary: string;
  /** Of `--help`: what `takes` and the options mean, a line each. */
  readonly help: readonly string[];
  readonly options: ParseArgsOptionsConfig;
  /** Words that it needs and takes, beside the options. */
  readonly words: readonly [least: number, most: number];
  /** Resolves with the exit code. */
  readonly run: (given: Given) => Promise<number>;
}

export const text = (given: Given, name: string): string | undefined => {
  const value = given.values[name];
  return typeof value === 'string' ? value : undefined;
};

export async function listAll(service: Service): Promise<readonly Mailbox[]> {
  const answer = await service.call<{ mailboxes: readonly Mailbox[] } | undefined>(
    'GET',
    '/api/v1/mailboxes',
  );
  const mailboxes: unknown = answer?.mailboxes;
  const isMailbox = (one: Partial<Mailbox> | null): boolean =>
    typeof one?.username === 'string' && typeof one.progress === 'object';
  if (!Array.isArray(mailboxes) || !mailboxes.every(isMailbox)) throw notOurs(service.url);
  return mailboxes;
}

/** The mailbox that is meant by its id, the beginning of its id, or its username. */
export function pick(mailboxes: readonly Mailbox[], word: string): Mailbox {
  const exact = mailboxes.filter(({ id, username }) => id === word || username === word);
  const found =
    exact.length > 0 ? exact : mailboxes.filter(({ id }) => word.length >= 4 && id.startsWith(word));
  const [one, another] = found;
  if (!one) throw new Failure(`There is no mailbox ${word}. smtp-sync list shows them.`);
  if (another) throw new Failure(`${word} could be several mailboxes. Use the id that smtp-sync list shows.`);
  return one;
}

/** Those that are meant; all when no word is given. */
export async function chosen(service: Service, words: readonly string[]): Promise<readonly Mailbox[]> {
  const mailboxes = await listAll(service);
  return words.length === 0 ? mailboxes : [...new Set(words.map((word) => pick(mailboxes, word)))];
}

/** As much IMAP as a session needs to get to what a test is about. */
import type { Connection } from './script-server.ts';

export const GREETING = '* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR ID NAMESPACE IDLE] hello\r\n';

export interface Asked {
  readonly tag: string;
  readonly args: string;
  readonly to: Connection;
  /** Completes the command, behind these lines. */
  ok(...lines: readonly string[]): Promise<boolean>;
}

export type Answers = Readonly<Record<string, (asked: Asked) => Promise<unknown>>>;

/** For `startScriptServer`: `answers` by command name, and an empty INBOX otherwise. */
export function imapAnswers(answers: Answers): (line: string, to: Connection) => Promise<unknown> {
  const usual: Answers = {
    AUTHENTICATE: ({ ok }) => ok(),
    CAPABILITY: ({ ok }) => ok('* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR ID NAMESPACE IDLE'),
    ID: ({ ok }) => ok('* ID NIL'),
    NAMESPACE: ({ ok }) => ok('* NAMESPACE (("" "/")) NIL NIL'),
    LIST: ({ ok }) => ok('* LIST () "/" INBOX'),
    EXAMINE: ({ ok }) => ok(...examined(0)),
    NOOP: ({ ok }) => ok(),
    LOGOUT: async ({ to, ok }) => {
      await ok('* BYE');
      to.end();
    },
  };
  return async (line, to) => {
    const [, tag = '', name = '', args = ''] = /^(\S+) ((?:UID )?\S+) ?(.*)$/.exec(line) ?? [];
    const ok = (...lines: readonly string[]) => to.say(`${[...lines, `${tag} OK done`].join('\r\n')}\r\n`);
    const answer = answers[name] ?? usual[name];
    return answer ? answer({ tag, args, to, ok }) : to.say(`${tag} BAD unknown\r\n`);
  };
}

/** What EXAMINE tells of a folder with so many messages, from UID 1. */
export const examined = (count: number): string[] => [
  '* FLAGS ()',
  `* ${count} EXISTS`,
  '* OK [UIDVALIDITY 7] ok',
  `* OK [UIDNEXT ${count + 1}] ok`,
];

/** The UIDs of a FETCH's set. */
export function uidsOf(args: string): number[] {
  const [set = ''] = args.split(' ', 1);
  return set.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split(':').map(Number);
    return Array.from({ length: last - first + 1 }, (_, n) => first + n);
  });
}

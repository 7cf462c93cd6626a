/** list, pause, resume, delete. */
import type { Mailbox } from '../../src/http/api.ts';
import { type Command, chosen, type Given, listAll, pick } from '../command.ts';
import { EXIT, Failure, misused } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { instant, safe, table } from '../text.ts';

const paintState = (terminal: Terminal, line: string, { state, fault }: Mailbox): string =>
  fault ? terminal.paint('red', line) : state === 'active' ? line : terminal.paint('yellow', line);

async function list({ terminal, service }: Given): Promise<number> {
  const mailboxes = await listAll(service());
  if (terminal.json) {
    for (const mailbox of mailboxes) terminal.result(mailbox);
    return EXIT.done;
  }
  if (mailboxes.length === 0) {
    terminal.note('No mailbox is connected. smtp-sync connect connects one.');
    return EXIT.done;
  }
  const [heads = '', ...lines] = table([
    ['ID', 'MAILBOX', 'SERVER', 'STATE', 'DELIVERED', 'WAITING', 'LAST CHECKED (UTC)'],
    ...mailboxes.map(({ id, username, protocol, host, state, progress, lastSyncAt }) => [
      id.slice(0, 8),
      username,
      `${protocol} ${host}`,
      state,
      String(progress.delivered),
      String(progress.waiting),
      instant(lastSyncAt),
    ]),
  ]);
  terminal.result(null, heads);
  for (const [at, mailbox] of mailboxes.entries()) {
    terminal.result(null, paintState(terminal, lines[at] ?? '', mailbox));
    if (mailbox.fault) terminal.result(null, `          ${safe(mailbox.fault.message)}`);
  }
  return EXIT.done;
}

/** The same call for each of them. */
const each =
  (call: 'pause' | 'resume', done: string) =>
  async ({ terminal, service, words }: Given): Promise<number> => {
    const at = service();
    for (const { id } of await chosen(at, words)) {
      const mailbox = await at.call<Mailbox>('POST', `/api/v1/mailboxes/${id}/${call}`);
      terminal.result(mailbox, `${safe(mailbox.username)} ${done}.`);
    }
    return EXIT.done;
  };

async function remove({ terminal, service, words, values }: Given): Promise<number> {
  const at = service();
  const mailbox = pick(await listAll(at), words[0] ?? '');
  if (values.yes !== true) {
    if (!terminal.interactive) throw misused('Nobody is there to confirm it. Add --yes if you mean it.');
    terminal.note('Its audit log and settings go with it. Nothing changes at its server or in Gmail.');
    const typed = await terminal.ask(`Type ${mailbox.username} to delete it`);
    if (typed !== mailbox.username) throw new Failure('That is another name. Nothing was deleted.');
  }
  await at.call('DELETE', `/api/v1/mailboxes/${mailbox.id}`);
  terminal.result({ id: mailbox.id, deleted: true }, `${safe(mailbox.username)} is deleted here.`);
  return EXIT.done;
}

const WHICH = 'MAILBOX: its username, its id, or the beginning of its id.';

export const MAILBOX_COMMANDS: readonly Command[] = [
  {
    name: 'list',
    takes: '',
    summary: 'the mailboxes and how they are',
    help: [],
    options: {},
    words: [0, 0],
    run: list,
  },
  {
    name: 'pause',
    takes: 'MAILBOX…',
    summary: 'stop looking for mail',
    help: [WHICH],
    options: {},
    words: [1, 100],
    run: each('pause', 'is paused'),
  },
  {
    name: 'resume',
    takes: 'MAILBOX…',
    summary: 'look for mail again',
    help: [WHICH],
    options: {},
    words: [1, 100],
    run: each('resume', 'goes on'),
  },
  {
    name: 'delete',
    takes: 'MAILBOX',
    summary: 'disconnect a mailbox and delete what is kept about it',
    help: [WHICH, '--yes  without asking'],
    options: { yes: { type: 'boolean' } },
    words: [1, 1],
    run: remove,
  },
];

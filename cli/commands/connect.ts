/** connect: a mailbox, by its address or its server, and the test that shows whether it works. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DiscoveryView, Mailbox, ProbeReportView } from '../../src/http/api.ts';
import { type Command, type Given, text } from '../command.ts';
import { EXIT, Failure, misused } from '../failure.ts';
import type { Service } from '../service.ts';
import { safe } from '../text.ts';

const PAUSE_MS = 300;

type Server = Pick<Mailbox, 'protocol' | 'host' | 'port' | 'security' | 'username'>;

const PORTS: Readonly<Record<string, number>> = {
  imaptls: 993,
  imapstarttls: 143,
  pop3tls: 995,
  pop3starttls: 110,
};

/** From the options; null when no host is among them. */
function typedServer(given: Given): Partial<Server> | null {
  const host = text(given, 'host');
  if (host === undefined) return null;
  const protocol = text(given, 'protocol') ?? 'imap';
  const security = text(given, 'security') ?? 'tls';
  const usual = PORTS[protocol + security];
  if (usual === undefined) throw misused('--protocol is imap or pop3, --security is tls or starttls.');
  const port = Number(text(given, 'port') ?? usual);
  if (!Number.isInteger(port)) throw misused('--port must be a number.');
  const username = text(given, 'username') ?? given.words[0];
  return {
    protocol,
    security,
    host,
    port,
    ...(username === undefined ? {} : { username }),
  } as Partial<Server>;
}

/** What the service finds for the address; the best of it unless somebody is there to choose. */
async function foundServer({ terminal }: Given, at: Service, email: string): Promise<Server> {
  terminal.note(`Looking for the servers of ${email} …`);
  const { candidates, hint } = await at.call<DiscoveryView>('POST', '/api/v1/discover', { email });
  if (hint) terminal.note(hint.url === undefined ? hint.message : `${hint.message} ${hint.url}`);
  const [best] = candidates;
  if (!best)
    throw new Failure(
      'No server was found. Name it: --host, and --protocol, --port, --security, --username.',
    );
  if (best.auth === 'oauth')
    throw new Failure('This provider takes no passwords. Connect it in the dashboard.');
  let chosen = best;
  if (candidates.length > 1 && terminal.interactive) {
    for (const [n, one] of candidates.entries())
      terminal.note(
        `  ${n + 1}  ${one.protocol} at ${one.host}:${one.port}, ${one.security}, as ${one.username}`,
      );
    const answer = await terminal.ask(`Which one, 1 to ${candidates.length} (1)`);
    const picked = candidates[answer === '' ? 0 : Number(answer) - 1];
    if (!picked) throw misused('That is none of them.');
    chosen = picked;
  }
  const { protocol, host, port, security, username } = chosen;
  return { protocol, host, port, security, username };
}

/** `--option label=Old` and the like; what is no JSON is text. */
function optionsOf(given: Given): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  const set = given.values.option;
  for (const pair of Array.isArray(set) ? set : []) {
    const at = pair.indexOf('=');
    if (at < 1) throw misused('--option takes NAME=VALUE, such as label=Old.');
    const value = pair.slice(at + 1);
    try {
      options[pair.slice(0, at)] = JSON.parse(value) as unknown;
    } catch {
      options[pair.slice(0, at)] = value;
    }
  }
  const since = text(given, 'since');
  const history = text(given, 'history') ?? (since === undefined ? 'new' : 'since');
  return { history, ...(since === undefined ? {} : { since }), ...options };
}

async function connect(given: Given): Promise<number> {
  const { terminal, service, words, values } = given;
  const at = service();
  const options = optionsOf(given);
  const typed = typedServer(given);
  const email = typed ? undefined : (words[0] ?? (await terminal.ask('E-mail address of the old mailbox')));
  const found = typed ?? (await foundServer(given, at, email ?? ''));
  const username = text(given, 'username') ?? found.username ?? (await terminal.ask('Username'));
  terminal.note(`${found.protocol} at ${found.host}:${found.port}, ${found.security}, as ${username}`);
  const password = await terminal.askSecret('Its password');
  const mailbox = await at.call<Mailbox>('POST', '/api/v1/mailboxes', {
    ...found,
    username,
    password,
    options,
  });
  let kept = values.keep === true;
  try {
    const tested = await test(given, at, mailbox.id);
    kept ||= tested.fault === null || tested.state === 'active';
    terminal.result(
      tested,
      tested.fault
        ? terminal.paint('red', safe(tested.fault.message))
        : `${safe(tested.username)} is connected (${tested.id.slice(0, 8)}). Its mail is on the way.`,
    );
    return tested.fault ? EXIT.failed : EXIT.done;
  } finally {
    // So that it can simply be tried again; also when Ctrl-C ends the wait.
    if (!kept) await disconnect(given, mailbox.id);
  }
}

async function disconnect({ terminal, leave }: Given, id: string): Promise<void> {
  await leave()
    .call('DELETE', `/api/v1/mailboxes/${id}`)
    .then(
      () => terminal.note('Nothing stays connected. --keep keeps a mailbox whose test fails.'),
      () => terminal.note(`The mailbox could not be taken back: smtp-sync delete ${id}`),
    );
}

const STEPS: Readonly<Record<string, string>> = {
  resolve: 'the server’s name',
  connect: 'a connection',
  encrypt: 'encryption',
  login: 'the login',
  folders: 'its folders',
};

/** Shows each step when it ends; the mailbox once it is no longer being tested. */
async function test({ terminal, signal }: Given, at: Service, id: string): Promise<Mailbox> {
  const shown = new Set<string>();
  for (;;) {
    const report = await at.call<ProbeReportView>('GET', `/api/v1/mailboxes/${id}/probe`);
    for (const { step, state } of report.steps) {
      if ((state !== 'done' && state !== 'failed') || shown.has(step)) continue;
      shown.add(step);
      terminal.note(`  ${state === 'done' ? 'ok    ' : 'FAILED'}  ${STEPS[step] ?? step}`);
    }
    const mailbox = await at.call<Mailbox>('GET', `/api/v1/mailboxes/${id}`);
    if (report.finished && mailbox.state !== 'probing') return mailbox;
    await sleep(PAUSE_MS, undefined, { signal });
  }
}

export const CONNECT_COMMANDS: readonly Command[] = [
  {
    name: 'connect',
    takes: '[ADDRESS] [--host HOST …]',
    summary: 'connect an old mailbox, and test it',
    help: [
      'ADDRESS: its e-mail address, for which the servers are looked up. Or name them:',
      '--host HOST  --protocol imap|pop3  --port PORT  --security tls|starttls  --username NAME',
      '--history new|all|since  what of the mail that is there to import; default new',
      '--since DATE  such as 2026-01-01',
      '--option NAME=VALUE  any option of the API, as JSON or text; may be repeated: --option label=Old --option \'folders=["INBOX"]\'',
      '--keep  keep the mailbox although its test fails',
      'The password is asked for without being shown, or read from stdin; never from the command line, where others see it.',
    ],
    options: {
      host: { type: 'string' },
      protocol: { type: 'string' },
      port: { type: 'string' },
      security: { type: 'string' },
      username: { type: 'string' },
      history: { type: 'string' },
      since: { type: 'string' },
      option: { type: 'string', multiple: true },
      keep: { type: 'boolean' },
    },
    words: [0, 1],
    run: connect,
  },
];

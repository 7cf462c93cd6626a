/** login, logout, status. */
import type { Account } from '../../src/http/api.ts';
import { type Command, type Given, listAll } from '../command.ts';
import { checkUrl, forgetLogin, saveLogin } from '../config.ts';
import { EXIT, misused } from '../failure.ts';
import { createService, notOurs, Refusal, type Service } from '../service.ts';
import { count, safe } from '../text.ts';

/** Null: the key is good, but is for something else. */
async function readAccount(service: Service): Promise<Account | null> {
  try {
    const account = await service.call<Partial<Account> | undefined>('GET', '/api/v1/account');
    if (typeof account?.email !== 'string' || !account.grant) throw notOurs(service.url);
    return account as Account;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'scope-missing') return null;
    throw error;
  }
}

async function login({ config, terminal, signal, words }: Given): Promise<number> {
  const url = checkUrl(words[0] ?? config.url ?? (await terminal.ask('Address of the service')));
  if (terminal.interactive) terminal.note(`Make an API key on ${url}/account and paste it here.`);
  const key = (await terminal.askSecret('API key')).trim();
  if (!/^[\x21-\x7e]{1,512}$/.test(key)) throw misused('That is no API key.');
  const account = await readAccount(createService(url, key, signal));
  saveLogin(config.file, { url, key });
  const who = account ? ` as ${safe(account.email)}` : '; the key may do no more than its scopes say';
  terminal.result({ url, email: account?.email ?? null }, `Logged in to ${url}${who}.`);
  return EXIT.done;
}

async function logout({ config, terminal }: Given): Promise<number> {
  const saved = forgetLogin(config.file);
  terminal.result(
    { forgotten: saved },
    saved
      ? 'The key is forgotten here. It works on until you delete it on the dashboard’s page Account.'
      : 'There was nothing to forget.',
  );
  return EXIT.done;
}

const CONSENTS: Readonly<Record<Account['grant']['state'], string>> = {
  given: 'given',
  refused: 'refused by Google: sign in again in the browser',
  missing: 'missing: sign in again in the browser',
};

async function status({ terminal, service }: Given): Promise<number> {
  const at = service();
  const account = await readAccount(at);
  const mailboxes = await listAll(at);
  const states = Object.fromEntries(
    [...Map.groupBy(mailboxes, ({ state }) => state)].map(([state, all]) => [state, all.length]),
  );
  const sum = (name: 'delivered' | 'waiting' | 'failed' | 'uncertain' | 'rejected'): number =>
    mailboxes.reduce((all, { progress }) => all + progress[name], 0);
  const named = Object.entries(states).map(([state, number]) => `${number} ${state}`);
  terminal.result(
    { url: at.url, email: account?.email ?? null, grant: account?.grant.state ?? null, mailboxes: states },
    `Service       ${at.url}`,
    ...(account
      ? [`Account       ${safe(account.email)}`, `Gmail consent ${CONSENTS[account.grant.state]}`]
      : []),
    `Mailboxes     ${named.join(', ') || 'none'}`,
    `Messages      ${count(sum('delivered'), 'delivered', 'delivered')}, ${sum('waiting')} waiting, ` +
      `${sum('rejected')} rejected, ${sum('failed')} failed, ${sum('uncertain')} uncertain`,
  );
  const fine =
    (account === null || account.grant.state === 'given') && mailboxes.every(({ fault }) => !fault);
  return fine ? EXIT.done : EXIT.failed;
}

export const ACCOUNT_COMMANDS: readonly Command[] = [
  {
    name: 'login',
    takes: '[ADDRESS]',
    summary: 'keep an API key for the service at ADDRESS',
    help: [
      'The key is asked for without being shown, or read from stdin where nobody is there to ask.',
      'It is kept in smtp-sync/login.json below XDG_CONFIG_HOME (~/.config), readable by you alone.',
      'SMTP_SYNC_URL and SMTP_SYNC_KEY take the place of what is kept.',
    ],
    options: {},
    words: [0, 1],
    run: login,
  },
  {
    name: 'logout',
    takes: '',
    summary: 'forget the key',
    help: ['The key itself is deleted on the dashboard’s page Account.'],
    options: {},
    words: [0, 0],
    run: logout,
  },
  {
    name: 'status',
    takes: '',
    summary: 'whose service this is, and whether all is well',
    help: ['Exit code 1 when the consent is missing or a mailbox has a fault.'],
    options: {},
    words: [0, 0],
    run: status,
  },
];

#!/usr/bin/env node
/** `smtp-sync`: the service from a command line. docs/cli.md. */
import { parseArgs } from 'node:util';
import type { Command, Given } from './command.ts';
import { ACCOUNT_COMMANDS } from './commands/account.ts';
import { AUDIT_COMMANDS } from './commands/audit.ts';
import { CONNECT_COMMANDS } from './commands/connect.ts';
import { EXPORT_COMMANDS } from './commands/export.ts';
import { MAILBOX_COMMANDS } from './commands/mailboxes.ts';
import { SYNC_COMMANDS } from './commands/sync.ts';
import { type CliConfig, readCliConfig } from './config.ts';
import { EXIT, Failure, misused } from './failure.ts';
import { createService } from './service.ts';
import { createTerminal } from './terminal.ts';
import { jsonLine, safe } from './text.ts';

const COMMANDS: readonly Command[] = [
  ...ACCOUNT_COMMANDS,
  ...CONNECT_COMMANDS,
  ...MAILBOX_COMMANDS,
  ...SYNC_COMMANDS,
  ...AUDIT_COMMANDS,
  ...EXPORT_COMMANDS,
];
const EVERYWHERE = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;

const OVERVIEW = [
  'smtp-sync COMMAND [--json]',
  '',
  ...COMMANDS.map(({ name, takes, summary }) => `  ${`${name} ${takes}`.padEnd(34)}${summary}`),
  '',
  '--json gives results as JSON, one value a line. smtp-sync COMMAND --help tells more of a command.',
  'Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.',
];

const helpOf = ({ name, takes, summary, help }: Command): string[] => [
  `smtp-sync ${name} ${takes}`.trimEnd(),
  '',
  `  ${summary}`,
  ...(help.length > 0 ? ['', ...help.map((line) => `  ${line}`)] : []),
];

/** The exit code. */
async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  const json = args[0] === '--json' ? ['--json'] : [];
  const [name = '--help', ...words] = args.slice(json.length);
  const rest = [...json, ...words];
  if (/^(?:-h|--help|help)$/.test(name)) return print(OVERVIEW);
  const command = COMMANDS.find((one) => one.name === name);
  if (!command) throw misused(`There is no command ${safe(name)}. smtp-sync --help lists them.`);
  const { values, positionals } = parse(command, rest);
  if (values.help === true) return print(helpOf(command));
  const [least, most] = command.words;
  if (positionals.length < least || positionals.length > most)
    throw misused(`It is used like this: smtp-sync ${command.name} ${command.takes}`.trimEnd());
  const config = readCliConfig(process.env);
  const terminal = createTerminal({ json: values.json === true, plain: config.plain }, signal);
  const serviceUntil = (until: AbortSignal) => serviceOf(config, until);
  const given: Given = {
    config,
    terminal,
    signal,
    values,
    words: positionals,
    service: () => serviceUntil(signal),
    leave: () => serviceUntil(AbortSignal.timeout(5_000)),
  };
  return await command.run(given);
}

function serviceOf({ url, key }: CliConfig, signal: AbortSignal) {
  if (url === null || key === null)
    throw new Failure('Nobody is logged in here. smtp-sync login, or set SMTP_SYNC_URL and SMTP_SYNC_KEY.');
  return createService(url, key, signal);
}

function parse({ options }: Command, args: readonly string[]) {
  try {
    const parsed = parseArgs({
      args: [...args],
      options: { ...options, ...EVERYWHERE },
      allowPositionals: true,
    });
    return { values: parsed.values as Given['values'], positionals: parsed.positionals };
  } catch (error) {
    // Its first sentence says what is wrong; the rest is about programs.
    const [sentence = ''] = (error instanceof Error ? error.message : '').split('. ', 1);
    throw misused(`${safe(sentence)}.`);
  }
}

function print(lines: readonly string[]): number {
  process.stdout.write(`${lines.join('\n')}\n`);
  return EXIT.done;
}

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => interrupted.abort(new Failure('Interrupted.', EXIT.interrupted)));
// Who reads the results has had enough, as `head` has.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.done);
    if (stream === process.stdout)
      complain(null, `The results cannot be written (${safe(error.code ?? 'unknown')}).`);
    process.exit(EXIT.failed);
  });

const args = process.argv.slice(2);
const complain = (code: string | null, message: string): unknown =>
  args.includes('--json')
    ? process.stderr.write(`${jsonLine({ error: { code, message } })}\n`)
    : process.stderr.write(`smtp-sync: ${message}\n`);
try {
  process.exitCode = await main(args, interrupted.signal);
} catch (error) {
  const { reason } = interrupted.signal;
  const failure = reason ?? error;
  const known = failure instanceof Failure;
  const message = known ? safe(failure.message) : 'Something went wrong in smtp-sync itself.';
  const code = known && 'code' in failure ? String(failure.code) : null;
  if (reason === undefined || args.includes('--json')) complain(code, message);
  process.exitCode = known ? failure.exitCode : EXIT.failed;
}
// A stream of events or a terminal that still listens must not keep it from ending.
process.stdin.destroy();

/** export and import: everything out, mailboxes in. */
import { createReadStream, createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Imported } from '../../src/http/api.ts';
import { type Command, type Given, listAll, text } from '../command.ts';
import { EXIT, Failure, misused } from '../failure.ts';
import { count, safe, size } from '../text.ts';
import { FILTER_HELP, FILTER_OPTIONS, queryOf } from './audit.ts';

const MAX_LIST = 262_144;

async function exportAll(given: Given): Promise<number> {
  const { service, values, terminal, signal } = given;
  const at = service();
  const csv = values.csv === true;
  if (!csv && Object.keys(FILTER_OPTIONS).some((name) => values[name] !== undefined))
    throw misused('Filters go with --csv, which exports the audit log.');
  const query = csv ? queryOf(given, await listAll(at)) : undefined;
  const body = await at.download(csv ? `/api/v1/audit.csv?chain=true&${query}` : '/api/v1/account/export');
  const file = text(given, 'output');
  if (file === undefined || file === '-') {
    const shown = process.stdout.isTTY ? forTerminal(body) : body;
    await pipeline(Readable.from(shown), process.stdout, { signal, end: false });
    return EXIT.done;
  }
  const draft = `${file}.${process.pid}.part`;
  if (values.force !== true && existsSync(file))
    throw new Failure(`${file} is there already. Add --force to replace it.`);
  try {
    await pipeline(Readable.from(body), createWriteStream(draft, { mode: 0o600, flags: 'wx' }), { signal });
    const { size: bytes } = statSync(draft);
    renameSync(draft, file);
    terminal.note(`${size(bytes)} written to ${file}.`);
  } catch (error) {
    rmSync(draft, { force: true });
    throw unwritable(error, file);
  }
  return EXIT.done;
}

const unwritable = (error: unknown, file: string): unknown => {
  const { code } = error as NodeJS.ErrnoException;
  return /^(?:EACCES|ENOENT|EISDIR|ENOSPC|EROFS|ENOTDIR|EEXIST)$/.test(code ?? '')
    ? new Failure(`${file} cannot be written (${code}).`)
    : error;
};

async function importList({ service, words, terminal }: Given): Promise<number> {
  const [file = ''] = words;
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of file === '-' ? process.stdin : createReadStream(file)) {
      bytes += (chunk as Buffer).length;
      if (bytes > MAX_LIST) throw new Failure('The list is too long: 256 kB and 100 mailboxes at a time.');
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(`${file} cannot be read.`);
  }
  const { lines } = await service().send<Imported>(
    '/api/v1/mailboxes/import',
    Buffer.concat(chunks),
    'text/csv',
  );
  for (const line of lines)
    terminal.result(
      line,
      line.ok
        ? `line ${line.line}: ${fateOf(line)} (${line.mailboxId?.slice(0, 8)})`
        : terminal.paint('red', `line ${line.line}: ${safe(line.error?.message ?? '')}`),
    );
  const failed = lines.filter(({ ok }) => !ok).length;
  terminal.note(`${count(lines.length - failed, 'mailbox', 'mailboxes')} connected, ${failed} refused.`);
  return failed === 0 ? EXIT.done : EXIT.failed;
}

const fateOf = ({ signInUrl }: Imported['lines'][number]): string =>
  signInUrl === null
    ? 'connected, and tested now'
    : `waits until you sign in at its provider, at ${safe(signInUrl)}`;

export const EXPORT_COMMANDS: readonly Command[] = [
  {
    name: 'export',
    takes: '[--csv] [-o FILE]',
    summary: 'all that is stored about the account, without secrets, as JSON; or the audit log as CSV',
    help: [
      '-o, --output FILE  readable by you alone; else to stdout',
      '--force  replace FILE',
      '--csv  the audit log, with these filters:',
      ...FILTER_HELP,
    ],
    options: {
      ...FILTER_OPTIONS,
      csv: { type: 'boolean' },
      output: { type: 'string', short: 'o' },
      force: { type: 'boolean' },
    },
    words: [0, 0],
    run: exportAll,
  },
  {
    name: 'import',
    takes: 'FILE',
    summary: 'connect the mailboxes of a CSV file; - is stdin',
    help: ['Its columns: docs/moving.md. A result for each line; exit code 1 when one was refused.'],
    options: {},
    words: [1, 1],
    run: importList,
  },
];

/** Line breaks stay; what else could act on a terminal is shown as text. Pipes and files get every byte as it is. */
async function* forTerminal(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const shown = (part: string): string => part.replaceAll('\r', '').split('\n').map(safe).join('\n');
  for await (const chunk of body) yield shown(decoder.decode(chunk, { stream: true }));
  yield shown(decoder.decode());
}

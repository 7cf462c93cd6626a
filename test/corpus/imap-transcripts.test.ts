/** Sessions with IMAP servers, replayed one byte per read: see test/fixtures/imap/README.md. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { openImap } from '../../workers/sources/imap.ts';
import { faultOf, read } from '../workers/sources/pop3-setup.ts';
import { type Connection, startScriptServer } from '../workers/sources/script-server.ts';

const FIXTURES = new URL('../fixtures/imap/', import.meta.url);
const signal = new AbortController().signal;
const EXPECTED = ['From: a@example.test\r\n\r\n8 bit: \xe9\r\n', 'From: b@example.test\r\n\r\n.\r\n'];

interface Transcript {
  readonly outcome: string;
  /** What the server says before the client does, and then each line of the client's with the answer to it. */
  readonly greeting: string;
  readonly turns: readonly { readonly asked: string; readonly answer: readonly string[] }[];
}

function parse(text: string): Transcript {
  const [first = '', ...lines] = text.trimEnd().split('\n');
  const turns: { asked: string; answer: string[] }[] = [];
  const greeting: string[] = [];
  for (const line of lines) {
    const said = line
      .slice(3)
      .replace(/\\x([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (line.startsWith('C:')) turns.push({ asked: said, answer: [] });
    else (turns.at(-1)?.answer ?? greeting).push(said);
  }
  return { outcome: first.replace('# ', ''), greeting: `${greeting.join('\r\n')}\r\n`, turns };
}

/** Whether a line with its tag taken off is what the transcript has. */
const isAsked = (said: string, asked: string): boolean =>
  asked.endsWith('...') ? said.startsWith(asked.slice(0, -3)) : said === asked;

async function sayBytewise(to: Connection, lines: readonly string[], tag: string): Promise<void> {
  for (const line of lines) {
    for (const byte of Buffer.from(`${line.replace(/^\. /, `${tag} `)}\r\n`, 'latin1')) {
      await to.say(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

for (const file of readdirSync(FIXTURES).filter((name) => name.endsWith('.txt'))) {
  test(`transcript ${file}, one byte per read`, async (t) => {
    const { outcome, greeting, turns } = parse(readFileSync(new URL(file, FIXTURES), 'utf8'));
    const wrong: string[] = [];
    const rest = [...turns];
    let tag = '';
    const server = await startScriptServer(t, greeting, async (line, to) => {
      const turn = rest.shift();
      const command = turn?.asked.startsWith('. ') ?? false;
      if (command) tag = line.split(' ', 1)[0] ?? '';
      const taken = command ? `.${line.slice(tag.length)}` : line;
      if (!turn || !isAsked(taken, turn.asked)) wrong.push(`${line} instead of ${turn?.asked}`);
      if (turn) await sayBytewise(to, turn.answer, tag);
      if (rest.length === 0) to.end();
    });
    const at = { protocol: 'imap', host: 'localhost', port: server.port, security: 'tls' } as const;
    const credentials = { username: 'ada@example.test', password: 'secret' };
    const bodies: string[] = [];
    const found = await faultOf(async () => {
      const source = await openImap(at, credentials, server.dial, signal, {
        logout: 500,
        open: 10_000,
        command: 5_000,
      });
      try {
        const { messages } = await source.list('INBOX', null, { kind: 'all' }, signal);
        for await (const fetched of source.fetch(messages, signal)) bodies.push(await read(fetched));
      } finally {
        await source.close();
      }
    });
    assert.deepEqual(wrong, []);
    assert.equal(found, outcome === 'ok' ? 'no fault' : outcome);
    if (outcome === 'ok') assert.deepEqual(bodies.sort(), EXPECTED);
  });
}

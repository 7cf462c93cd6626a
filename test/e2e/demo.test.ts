/** `npm run demo` as a newcomer meets it: one URL, sign in, connect what it offers, and the mail is there within a minute. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { IMAP_MESSAGES, POP3_MESSAGES } from '../../demo/mailboxes.ts';
import { OUTLOOK_MESSAGES } from '../../demo/outlook.ts';
import type { DiscoveryView, Mailbox } from '../../src/http/api.ts';
import { createBrowser } from '../browser.ts';
import { signInAt } from '../microsoft.ts';
import { untilSome } from '../service.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const MINUTE = 60_000;

/** The mailboxes as the demo describes them to people. */
const OFFER = /(IMAP|POP3)\s+host (\S+)\s+port (\d+)\s+security (TLS|STARTTLS)\s+user (\S+)\s+password (.+)/g;

test('the demo delivers its three mailboxes, and Ctrl-C ends all of it', async () => {
  const child = spawn(process.execPath, ['demo/main.ts'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  try {
    await untilSome(() => (text.includes('Ctrl-C ends everything') ? true : null), 2 * MINUTE);
    const url = /Open (http\S+)/.exec(text)?.[1] ?? '';
    const gmail = new URL(/Gmail: (http\S+)/.exec(text)?.[1] ?? '');
    const browser = createBrowser(url, url);
    assert.equal((await browser.signIn('you@gmail.example')).status, 303);
    for (const [, protocol, host, port, security, username, password] of text.matchAll(OFFER)) {
      await browser.json('POST', '/api/v1/mailboxes', 201, {
        body: {
          protocol: protocol?.toLowerCase(),
          host,
          port: Number(port),
          security: security?.toLowerCase(),
          username,
          password,
        },
      });
    }
    const outlook = /or type (\S+@\S+):/.exec(text)?.[1] ?? '';
    const { candidates } = await browser.json<DiscoveryView>('POST', '/api/v1/discover', 200, {
      body: { email: outlook },
    });
    const { id } = await browser.json<Mailbox>('POST', '/api/v1/mailboxes', 201, { body: candidates[0] });
    assert.equal((await signInAt(browser, id)).status, 303);
    const arrived = await untilSome(async () => {
      const answer = await fetch(new URL('/standin/messages', gmail));
      const { messages } = (await answer.json()) as { messages: { sha256: string }[] };
      return messages.length >= IMAP_MESSAGES + POP3_MESSAGES + OUTLOOK_MESSAGES ? messages : null;
    }, MINUTE);
    assert.equal(new Set(arrived.map(({ sha256 }) => sha256)).size, arrived.length);
    const page = await (await fetch(gmail)).text();
    assert.match(page, /Corner Bookshop/);
  } finally {
    child.kill('SIGINT');
    assert.deepEqual(await ended, [0, null]);
  }
});

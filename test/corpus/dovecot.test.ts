/** The whole engine on a real Dovecot with a habit: its folders, and a connection to it that dies without a word. */
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Server } from '../../src/core/mailbox.ts';
import { createAuthority } from '../../standins/authority.ts';
import { createDial } from '../../workers/sources/dial.ts';
import { encodeFolderName } from '../../workers/sources/folder-name.ts';
import { type Dovecot, startDovecot } from '../dovecot.ts';
import { untilSome } from '../service.ts';
import { assertArrived, mail, onServer, USER } from './stage.ts';

const authority = await createAuthority();
const dial = createDial({ privateNetworks: ['127.0.0.0/8', '::1/128'], ca: authority.caPem });

async function serve(t: TestContext, ...settings: [specialUses?: Record<string, string>, more?: string]) {
  const dovecot = await startDovecot(authority, ...settings);
  t.after(() => dovecot.stop());
  await dovecot.addUser(USER, 'secret');
  return dovecot;
}
const at = (port: number): Server => ({ protocol: 'imap', host: 'localhost', port, security: 'tls' });

/** A way to the server on which everything may stop without anybody hanging up, as behind a NAT that has forgotten it. */
async function wayTo(t: TestContext, { ports }: Dovecot): Promise<{ port: number; freeze(): void }> {
  const sockets = new Set<Socket>();
  const way = createServer((client) => {
    const server = connect(ports.imaps, '127.0.0.1');
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to).on('error', () => from.destroy());
    }
  });
  await new Promise<void>((resolve) => way.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    way.close();
  });
  const freeze = (): void => {
    for (const socket of sockets) socket.unpipe().pause();
  };
  return { port: (way.address() as AddressInfo).port, freeze };
}

test('Dovecot, IDLE dies without a word: the visit ends, and the next one brings what came meanwhile', async (t) => {
  const dovecot = await serve(t);
  const way = await wayTo(t, dovecot);
  const stage = onServer(at(way.port), { idle: 200, command: 1_000 }, dial);
  await dovecot.heard(USER);
  await dovecot.deliver(USER, mail('before', 1));
  const visiting = stage.visit({ lease: { mayWatch: true } });
  await untilSome(async () => (/ IDLE\r\n$/.test(await dovecot.heard(USER)) ? true : null));
  way.freeze();
  await dovecot.deliver(USER, mail('meanwhile', 2));
  const verdict = await visiting;
  assert.deepEqual([verdict?.faultCode, verdict?.state], ['source-timeout', 'active']);
  assertArrived(stage, [mail('before', 1)]);
  await stage.rest();
  assertArrived(stage, [mail('before', 1), mail('meanwhile', 2)]);
});

const FOLDERS = ['R&D', 'Aufträge', 'Aufträge/2026/Größe & Maß', '日本語', 'a "b" \\c', 'Work'] as const;
const PREFIX = 'INBOX/';
const spelled = (name: string): string => name.split('/').map(encodeFolderName).join('/');

test('Dovecot, a namespace with a prefix and odd names: all of its folders are imported but junk and trash', async (t) => {
  const uses = { Verdacht: '\\Junk', Papierkorb: '\\Trash' };
  const dovecot = await serve(t, uses, `namespace inbox {\n  separator = /\n  prefix = ${PREFIX}\n}`);
  const held: Buffer[] = [];
  for (const [n, name] of ['INBOX', ...FOLDERS].entries()) {
    held.push(mail(`in ${n}`, n));
    await dovecot.deliver(USER, mail(`in ${n}`, n), { folder: spelled(name) });
  }
  for (const folder of ['Verdacht', 'Papierkorb', 'Papierkorb/Alt'])
    await dovecot.deliver(USER, mail(folder, 30), { folder });
  const stage = onServer(at(dovecot.ports.imaps), {}, dial);
  const options = { folders: 'all', afterImport: 'delete' } as const;
  await stage.rest({ options });
  assertArrived(stage, held);
  assert.deepEqual(
    [...stage.world.books.cursors.keys()].sort(),
    ['INBOX', ...FOLDERS.map((name) => PREFIX + name)].sort(),
  );
  for (const name of ['INBOX', ...FOLDERS])
    assert.deepEqual(await dovecot.stored(USER, spelled(name)), [], name);
  for (const name of ['Verdacht', 'Papierkorb', 'Papierkorb/Alt'])
    assert.equal((await dovecot.stored(USER, name)).length, 1, name);
  const chosen = mail('chosen', 50);
  await dovecot.deliver(USER, chosen, { folder: spelled('Aufträge/2026/Größe & Maß') });
  await stage.rest({ options: { ...options, folders: [`${PREFIX}Aufträge/2026/Größe & Maß`] } });
  assertArrived(stage, [...held, chosen]);
});

test('Dovecot, a folder that can be read and not changed: it is imported and left alone, and others are not', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'smtp-sync-public-'));
  const folder = join(dir, '.Rundschreiben');
  t.after(async () => {
    for (const name of ['..', '', 'cur', 'new', 'tmp']) await chmod(join(folder, name), 0o755);
    await rm(dir, { recursive: true });
  });
  for (const name of ['', 'cur', 'new', 'tmp']) await mkdir(join(folder, name));
  const file = join(folder, 'cur', '1000000000.M0P1.localhost:2,');
  await writeFile(file, mail('shared', 2), { mode: 0o444 });
  for (const name of ['cur', 'new', 'tmp', '', '..']) await chmod(join(folder, name), 0o555);
  const dovecot = await serve(
    t,
    {},
    `namespace inbox {\n  separator = /\n}
namespace public {
  type = public
  separator = /
  prefix = Public/
  subscriptions = no
  location = maildir:${dir}:INDEX=%h/public-index:CONTROL=%h/public-control
}`,
  );
  await dovecot.deliver(USER, mail('own', 1));
  const stage = onServer(at(dovecot.ports.imaps), {}, dial);
  const folders = ['Public/Rundschreiben', 'INBOX'];
  await stage.rest({ options: { folders, afterImport: 'delete' } });
  assertArrived(stage, [mail('own', 1), mail('shared', 2)]);
  assert.deepEqual(await dovecot.stored(USER), []);
  assert.deepEqual(await readFile(file), mail('shared', 2));
  assert.equal(stage.world.books.problem, 'source-read-only');
});

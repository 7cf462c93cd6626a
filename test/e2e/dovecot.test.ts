/**
 * What the stand-ins for mail servers are made to do elsewhere, at a real one: Dovecot cannot read its files, changes its
 * ids, alters bytes and lacks commands, and processes as `npm start` runs them bring each message to Gmail once.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import pg from 'pg';
import { findEmbedded } from '../../src/db/embedded.ts';
import type { MailboxStats, Preview } from '../../src/http/api.ts';
import { type Authority, createAuthority } from '../../standins/authority.ts';
import { encodeFolderName } from '../../workers/sources/folder-name.ts';
import { type Dovecot, startDovecot } from '../dovecot.ts';
import { readByImap, readByPop3 } from '../dovecot-client.ts';
import { atGoogle, dovecotTenant, type Ground, PASSWORD, tally } from '../hostile.ts';
import { type Service, startService, untilSome } from '../service.ts';

const BOTH = ['imap', 'pop3'] as const;
/** Seconds. */
const A_DAY = 86_400;
const FOLDER = 'Fertig & größer';

let authority: Authority;
let dovecot: Dovecot;
/** The same program without MOVE, and without UIDPLUS either. */
let withoutMove: Dovecot;
let withoutBoth: Dovecot;
let service: Service;
let ground: Ground;
let database: pg.Pool;

before(async () => {
  authority = await createAuthority();
  const able = (capabilities: string) =>
    startDovecot(authority, {}, `imap_capability = IMAP4rev1 IDLE NAMESPACE ${capabilities}`);
  dovecot = await startDovecot(authority);
  withoutMove = await able('UIDPLUS');
  withoutBoth = await able('');
  service = await startService({ authority });
  database = new pg.Pool({ connectionString: (await findEmbedded(service.dir))?.ownerUrl, max: 2 });
  ground = {
    google: service.google,
    leaf: await authority.issue(['localhost']),
    browser: () => service.browser(),
  };
});
after(async () => {
  await database?.end();
  await service?.stop();
  for (const server of [dovecot, withoutMove, withoutBoth]) await server?.stop();
});

type Tenant = Awaited<ReturnType<typeof dovecotTenant>>;
const join = (name: string, protocol: (typeof BOTH)[number], server = dovecot): Promise<Tenant> =>
  dovecotTenant(ground, server, name, protocol);

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const mail = (name: string, body: string): Buffer =>
  Buffer.from(`From: a@example.com\r\nMessage-ID: <${name}@example.com>\r\n\r\n${body}`, 'latin1');
/** Gmail does not take it. */
const withoutFrom = (name: string): Buffer =>
  Buffer.from(`Message-ID: <${name}@example.com>\r\nSubject: ${name}\r\n\r\nrefused\r\n`);

/** Another mail program, which has Dovecot note down how large each message is. */
const look = (username: string, protocol: (typeof BOTH)[number], count: number): Promise<Buffer[]> => {
  const account = { dovecot, caPem: authority.caPem, username, password: PASSWORD };
  return protocol === 'imap' ? readByImap(account) : readByPop3(account, count);
};

suite('at a real server', { concurrency: true }, () => {
  for (const protocol of BOTH) {
    test(`Dovecot, ${protocol}: what Gmail refuses, or fails to take, holds up none of its neighbours`, async () => {
      const name = `refused-${protocol}`;
      const one = await join(name, protocol);
      one.receiveSamples(2);
      one.receive(withoutFrom(name), 'rejected');
      one.receiveSamples(2);
      await one.received();
      const odd = { kind: 'status', status: 400, reason: 'badRequest', message: 'Bad Request' } as const;
      atGoogle(ground, one, 'commit', odd);
      await one.connect();
      const entries = await one.reconcile();
      const arrived = entries.filter(({ status }) => status === 'delivered');
      // What failed came after all the others.
      assert.deepEqual(
        arrived.map(({ reason }) => reason),
        [null, null, null, 'recovered'],
      );
      assert.equal(tally(entries)['rejected from-header-missing'], 1);
      one.receiveSamples(1);
      await one.reconcile();
      assert.equal((await dovecot.stored(name)).length, 6, 'all of it stays at the source');
    });

    test(`Dovecot, ${protocol}: a message that cannot be read waits, its neighbours do not, and it is not lost`, async () => {
      const name = `unreadable-${protocol}`;
      const one = await join(name, protocol);
      one.receiveSamples(5);
      await one.received();
      // Unless it knows the sizes already, it does not even open such a maildrop, for nobody.
      if (protocol === 'pop3') await look(name, protocol, 5);
      await dovecot.setReadable(name, 2, false);
      await one.connect();
      await one.until(({ progress }) => progress.delivered === 4 && progress.waiting === 1);
      await dovecot.setReadable(name, 2, true);
      one.receiveSamples(1);
      // By then it may have been tried twice, and be tried again after half a minute.
      await one.until(({ progress }) => progress.delivered === 6, 120_000);
      assert.deepEqual(tally(await one.reconcile()), { delivered: 6 });
    });

    test(`Dovecot, ${protocol}: NUL, bare line ends and other odd bytes arrive as every program is served them`, async () => {
      const name = `bytes-${protocol}`;
      const one = await join(name, protocol);
      const held = [
        mail('nul', 'a\0b\0\r\n\0\r\n'),
        mail('nul-only', '\0'),
        Buffer.from('X-Odd: a\0b\r\nFrom: a@example.com\r\nMessage-ID: <odd@example.com>\r\n\r\nx\r\n'),
        mail('lf', 'bare\nline\n\nends\n'),
        mail('cr', 'bare\rreturns\r\r\n'),
        mail('8bit', `${String.fromCharCode(...Array.from({ length: 256 }, (_, at) => at))}\r\n`),
        mail('dots', '.\r\n..\r\n.a\r\n\r\n.\r\n'),
        mail('long', `${'x\0'.repeat(50_000)}\r\n`),
        mail('unended', 'no line end at the end'),
      ];
      for (const bytes of held) await dovecot.deliver(name, bytes);
      const served = await look(name, protocol, held.length);
      assert.equal(served.length, held.length);
      // By IMAP it cannot serve NUL, which RFC 3501 §4.3.1 forbids; by POP3 it does, and Gmail takes none.
      const taken = served.filter((bytes) => !bytes.includes(0));
      const refused = held.filter((bytes) => bytes.includes(0)).length;
      assert.equal(taken.length, protocol === 'imap' ? held.length : held.length - refused);
      await one.connect();
      await one.until(({ progress }) => progress.found === held.length && progress.waiting === 0);
      const hashes = one.arrived().map((message) => message.sha256);
      assert.deepEqual(hashes.sort(), taken.map(sha256).sort());
      const { progress } = await one.mailbox();
      assert.equal(progress.rejected, held.length - taken.length);
    });
  }

  test('Dovecot, IDLE: it alone brings new mail where the next look is a day away', async () => {
    const one = await join('idle', 'imap');
    await dovecot.heard('idle');
    one.receiveSamples(1);
    await one.received();
    await one.connect({ options: { history: 'all', pollSeconds: A_DAY } });
    await one.untilArrived(1);
    for (const count of [2, 3]) {
      await untilSome(async () => (/ IDLE\r\n$/.test(await dovecot.heard('idle')) ? true : null));
      one.receiveSamples(1);
      await one.untilArrived(count);
    }
    await one.reconcile();
  });

  const stats = async (one: Tenant): Promise<MailboxStats['atSource']> =>
    (await one.browser.json<MailboxStats>('GET', `/api/v1/mailboxes/${(await one.mailbox()).id}/stats`, 200))
      .atSource;
  /** Commands that change anything, in order, each once. */
  const changing = async (server: Dovecot, name: string): Promise<string[]> => {
    const said = (await server.heard(name)).matchAll(
      / ((?:UID )?(?:COPY|MOVE|STORE|EXPUNGE)|CLOSE|APPEND)\b/gi,
    );
    return [...new Set(Array.from(said, ([, command = '']) => command.toUpperCase()))];
  };
  const options = { history: 'all', pollSeconds: 1 };

  for (const [name, wanted, commands] of [
    ['copies', { afterImport: 'move', moveTo: FOLDER }, ['UID COPY', 'UID STORE', 'UID EXPUNGE']],
    ['erases', { afterImport: 'delete' }, ['UID STORE', 'UID EXPUNGE']],
  ] as const)
    test(`Dovecot without MOVE, ${name}: what another program has marked as deleted stays`, async () => {
      const one = await join(name, 'imap', withoutMove);
      await withoutMove.heard(name);
      const old = mail('old', 'there before\r\n');
      await withoutMove.deliver(name, old, { folder: encodeFolderName(FOLDER) });
      const marked = withoutFrom('marked');
      await withoutMove.deliver(name, marked, { flags: 'T' });
      one.receiveSamples(3);
      await one.received();
      const moved = (await withoutMove.stored(name))
        .map(({ bytes }) => bytes)
        .filter((bytes) => !bytes.equals(marked));
      await one.connect({ options: { ...options, ...wanted } });
      const count = name === 'copies' ? 'moved' : 'deleted';
      await untilSome(async () => ((await stats(one))[count] === 3 ? true : null));
      const left = await withoutMove.stored(name);
      assert.deepEqual(
        left.map(({ bytes }) => bytes),
        [marked],
      );
      assert.match(left[0]?.name ?? '', /:2,T$/);
      const target = await withoutMove.stored(name, encodeFolderName(FOLDER));
      assert.deepEqual(
        target.map(({ bytes }) => sha256(bytes)).sort(),
        [old, ...(name === 'copies' ? moved : [])].map(sha256).sort(),
      );
      assert.deepEqual(await changing(withoutMove, name), commands);
      assert.equal(one.arrived().length, 3);
    });

  for (const protocol of BOTH)
    test(`Dovecot, ${protocol}: after seven days and not an hour before it is deleted, but not what Gmail refused`, async () => {
      const name = `waits-${protocol}`;
      const one = await join(name, protocol);
      one.receiveSamples(6);
      one.receive(withoutFrom(name), 'rejected');
      await one.received();
      await one.connect({ options: { ...options, afterImport: 'delete', deleteAfterDays: 7 } });
      await one.reconcile();
      assert.equal((await stats(one)).waiting, 6);
      const { id } = await one.mailbox();
      /** As if so many of them, the longest waiting, had been delivered so long ago. */
      const age = (count: number, ago: string) =>
        database.query(
          `UPDATE source_actions SET delivered_at = now() - $3::interval WHERE mailbox_id = $1 AND key IN
             (SELECT key FROM source_actions WHERE mailbox_id = $1 ORDER BY delivered_at, key LIMIT $2)`,
          [id, count, ago],
        );
      const left = async (count: number): Promise<void> => {
        await untilSome(async () => ((await dovecot.stored(name)).length <= count ? true : null));
        const there = (await dovecot.stored(name)).map(({ bytes }) => sha256(bytes));
        assert.equal(there.length, count);
        assert.ok(there.includes(sha256(withoutFrom(name))));
      };
      await age(6, '6 days 23 hours');
      await age(2, '7 days');
      // The visit that deletes these two looks at the other four as well.
      await left(5);
      await age(6, '7 days');
      await left(1);
      assert.equal(one.arrived().length, 6);
    });

  test('Dovecot without UIDPLUS: nothing is deleted or moved, it is said why, and the import goes on', async () => {
    for (const [name, wanted] of [
      ['keeps', { afterImport: 'delete' }],
      ['stays', { afterImport: 'move', moveTo: FOLDER }],
    ] as const) {
      const one = await join(name, 'imap', withoutBoth);
      await withoutBoth.heard(name);
      await withoutBoth.deliver(name, mail('old', 'x\r\n'), { folder: encodeFolderName(FOLDER) });
      one.receiveSamples(3);
      await one.received();
      await one.connect({ options: { ...options, ...wanted } });
      await untilSome(async () => ((await stats(one)).problem?.code === 'no-single-removal' ? true : null));
      const preview = await untilSome(async () => {
        const answer = await one.act('POST', '/preview', { history: 'all', folders: ['INBOX'], ...wanted });
        return answer.status === 200 ? ((await answer.json()) as Preview) : null;
      });
      assert.equal(preview.atSource?.problem?.code, 'no-single-removal');
      one.receiveSamples(1);
      await one.reconcile();
      assert.equal((await withoutBoth.stored(name)).length, 4);
      const { deleted, moved, waiting } = await stats(one);
      assert.deepEqual([deleted, moved, waiting], [0, 0, 4]);
      assert.deepEqual(await changing(withoutBoth, name), []);
    }
  });
});

test('Dovecot moves house: other UIDVALIDITYs, a folder made again, other UIDLs: nothing twice, and new mail goes on', async () => {
  const renumbered = await join('renumbered', 'imap');
  const again = await dovecotTenant(ground, dovecot, 'again', 'imap', { folder: 'Work' });
  const uidls = await join('uidls', 'pop3');
  const tenants = [renumbered, again, uidls];
  for (const one of tenants) {
    one.receiveSamples(6);
    await one.received();
    const folders = one === again ? ['INBOX', 'Work'] : ['INBOX'];
    await one.connect({ options: { history: 'all', pollSeconds: 1, folders } });
  }
  for (const one of tenants) await one.reconcile();
  await dovecot.restart('pop3_uidl_format = %f', async () => {
    await dovecot.renumber('renumbered');
    const held = await dovecot.stored('again', 'Work');
    await dovecot.removeFolder('again', 'Work');
    for (const { bytes } of held.toReversed()) await dovecot.deliver('again', bytes, { folder: 'Work' });
  });
  for (const one of tenants) {
    await one.act('POST', '/sync');
    await one.until(({ progress }) => progress.found >= 12 && progress.waiting === 0);
    one.receiveSamples(1);
    await one.received();
    await one.act('POST', '/sync');
    await one.until(({ progress }) => progress.delivered === 7);
    assert.deepEqual(tally(await one.reconcile()), { delivered: 7, 'skipped already-delivered': 6 });
  }
});

test('nothing was logged that nobody foresaw, and no password', () => {
  assert.doesNotMatch(service.output(), /"level":(50|60)/);
  assert.ok(!service.output().includes(PASSWORD));
});

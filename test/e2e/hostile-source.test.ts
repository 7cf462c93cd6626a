/**
 * Old mail servers misbehave, each for the one user it belongs to: whatever they do, each message arrives once, byte for
 * byte, what is wrong is said in words, and a neighbour notices nothing.
 */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { createAuthority } from '../../standins/authority.ts';
import type { ImapServer } from '../../standins/imap.ts';
import { sampleMail } from '../../standins/mail.ts';
import type { Pop3Server } from '../../standins/pop3.ts';
import {
  assertPrompt,
  atGoogle,
  type Ground,
  giant,
  imapTenant,
  PASSWORD,
  pop3Tenant,
  type Tenant,
  tally,
} from '../hostile.ts';
import { type Service, startService, untilSome } from '../service.ts';

let service: Service;
let ground: Ground;
let neighbour: Tenant;
const tenants: Tenant[] = [];

const overImap = (name: string): Promise<Tenant<ImapServer>> => join(imapTenant(ground, name));
const overPop3 = (name: string): Promise<Tenant<Pop3Server>> => join(pop3Tenant(ground, name));

async function join<Server extends ImapServer | Pop3Server>(made: Promise<Tenant<Server>>) {
  const one = await made;
  tenants.push(one);
  return one;
}

before(async () => {
  const authority = await createAuthority();
  service = await startService({ authority });
  ground = {
    google: service.google,
    leaf: await authority.issue(['localhost']),
    browser: () => service.browser(),
  };
  neighbour = await overImap('neighbour');
  neighbour.receiveSamples(2);
  await neighbour.connect();
  await neighbour.untilArrived(2);
});

after(async () => {
  await service?.stop();
  await Promise.all(tenants.map((one) => one.close()));
});

suite('while mail servers misbehave', { concurrency: true }, () => {
  test('IMAP: cut in the middle of messages small and large', async () => {
    const one = await overImap('imap-cut');
    one.receiveSamples(6);
    one.receive(giant(1_400_000));
    one.server.tricks.cutAt = 200_000;
    await one.connect();
    const { fault, state } = await one.until((mailbox) => mailbox.fault !== null);
    assert.deepEqual([fault?.code, state], ['source-disconnected', 'active']);
    one.server.tricks.cutAt = 500;
    await assertPrompt(neighbour);
    delete one.server.tricks.cutAt;
    await one.reconcile();
  });

  test('POP3: cut in the middle of messages small and large', async () => {
    const one = await overPop3('pop3-cut');
    one.receiveSamples(3);
    one.receive(giant(1_400_000));
    one.receiveSamples(2);
    one.server.faults.closeAt = 700_000;
    await one.connect();
    const { fault, state } = await one.until((mailbox) => mailbox.fault !== null);
    assert.deepEqual([fault?.code, state], ['source-disconnected', 'active']);
    await assertPrompt(neighbour);
    delete one.server.faults.closeAt;
    await one.reconcile();
  });

  test('a server that falls silent in the middle costs its own user half a minute, and others nothing', async () => {
    const one = await overPop3('pop3-stall');
    one.receive(giant(30_000));
    one.receiveSamples(2);
    one.server.faults.stallAt = 10_000;
    await one.connect();
    await assertPrompt(neighbour);
    const { fault, state } = await one.until((mailbox) => mailbox.fault !== null);
    assert.deepEqual([fault?.code, state], ['source-timeout', 'active']);
    delete one.server.faults.stallAt;
    await one.reconcile();
  });

  test('a server that does not even greet is unreachable until it does', async () => {
    const one = await overImap('silent');
    one.receiveSamples(2);
    one.server.tricks.stall = new Set(['GREETING']);
    await one.connect();
    const { fault } = await one.until(({ state }) => state === 'unreachable');
    assert.equal(fault?.code, 'source-timeout');
    delete one.server.tricks.stall;
    await one.reconcile();
  });

  test('IMAP: another UIDVALIDITY brings nothing twice, and new mail goes on', async () => {
    const one = await overImap('uidvalidity');
    one.receiveSamples(8);
    await one.connect();
    await one.reconcile();
    one.server.store.renumber(one.username, 77);
    one.server.disconnect();
    one.receiveSamples(1);
    await one.until(({ progress }) => progress.delivered === 9);
    assert.deepEqual(tally(await one.reconcile()), { delivered: 9, 'skipped already-delivered': 8 });
  });

  test('POP3: other UIDLs for the same messages bring nothing twice', async () => {
    const one = await overPop3('renumbered');
    one.receiveSamples(8);
    await one.connect();
    await one.reconcile();
    one.server.mailbox(one.username).renumber();
    one.receiveSamples(1);
    await one.until(({ progress }) => progress.delivered === 9);
    assert.deepEqual(tally(await one.reconcile()), { delivered: 9, 'skipped already-delivered': 8 });
  });

  test('POP3: an id that is given to another message hides nothing', async () => {
    const one = await overPop3('reused');
    one.receiveSamples(4);
    await one.connect();
    await one.reconcile();
    one.receive(giant(60_000));
    one.server.mailbox(one.username).reuse();
    assert.deepEqual(tally(await one.reconcile()), { delivered: 4, 'delivered date-unreadable': 1 });
  });

  test('POP3: a maildrop in use by another program is waited for, and no reason to ask for a password', async () => {
    const one = await overPop3('in-use');
    one.receiveSamples(2);
    await one.connect();
    await one.reconcile();
    one.receiveSamples(2);
    one.server.faults.loginRefusal = '[IN-USE] Do you have another POP session running?';
    const logins = (): number => one.server.heard.filter(({ verb }) => /^(AUTH|PASS)$/.test(verb)).length;
    const { fault } = await one.until((mailbox) => mailbox.fault !== null);
    assert.equal(fault?.code, 'source-busy');
    // More often than it takes to ask for the password when a login is refused.
    for (let round = 0; round < 4; round += 1) {
      const tried = logins();
      await one.act('POST', '/sync');
      await untilSome(() => (logins() > tried ? true : null));
    }
    const after = await one.until((mailbox) => mailbox.fault?.code === 'source-busy');
    assert.equal(after.state, 'active');
    delete one.server.faults.loginRefusal;
    await one.act('POST', '/sync');
    await one.reconcile();
  });

  for (const protocol of ['imap', 'pop3'] as const)
    test(`${protocol}: a password that is no longer right is asked for, and the right one heals`, async () => {
      const one = await (protocol === 'imap' ? overImap : overPop3)(`${protocol}-password`);
      one.receiveSamples(3);
      await one.connect();
      await one.reconcile();
      if ('store' in one.server) {
        one.server.store.setPassword(one.username, 'another');
        one.server.disconnect();
      } else one.server.setPassword(one.username, 'another');
      one.receiveSamples(2);
      const { fault } = await one.until(({ state }) => state === 'needs-password');
      assert.equal(fault?.code, 'login-refused');
      assert.match(String(fault?.message), /Enter the password again/);
      const wrong = await one.act('PATCH', '', { password: 'wrong again' });
      assert.equal(((await wrong.json()) as { state: string }).state, 'probing');
      await one.until(({ state }) => state === 'needs-password');
      assert.equal(one.arrived().length, 3);
      assert.equal((await one.act('PATCH', '', { password: 'another' })).status, 200);
      await one.reconcile();
      const healed = await one.until(({ state }) => state === 'active');
      assert.equal(healed.fault, null);
    });

  const claims: readonly (readonly [string, (bytes: number) => number])[] = [
    ['one byte less', (bytes) => bytes - 1],
    ['nothing', () => 0],
    ['one byte', () => 1],
    ['twice', (bytes) => bytes * 2],
    ['two megabytes', () => 2_000_000],
    ['more than anybody takes', () => 4_000_000_000],
  ];
  test('IMAP: whatever size is announced, what is served arrives', async () => {
    for (const [name, claim] of claims) {
      const one = await overImap(`imap-${name.replaceAll(' ', '-')}`);
      one.server.tricks.claimSize = ({ bytes }) => claim(bytes.length);
      one.receiveSamples(5);
      one.receive(giant(1_300_000));
      await one.connect();
      await one.reconcile();
    }
  });

  test('POP3: whatever size is announced, what is served arrives', async () => {
    for (const [name, claim] of claims) {
      const one = await overPop3(`pop3-${name.replaceAll(' ', '-')}`);
      one.server.faults.sizes = claim;
      one.receiveSamples(5);
      one.receive(giant(1_300_000));
      await one.connect();
      await one.reconcile();
    }
  });

  test('IMAP: a message that vanishes between listing and fetch is skipped, and said to be gone', async () => {
    const one = await overImap('vanishing');
    one.receiveSamples(120);
    atGoogle(ground, one, 'commit', { kind: 'delay', ms: 25 }, Number.POSITIVE_INFINITY);
    await one.connect();
    await one.untilArrived(1);
    // In the middle: what is fetched together, and what is fetched ahead, is at one of the ends.
    const victim = one.server.stored(one.username)[59];
    assert.ok(victim && one.arrived().length < 20);
    one.server.store.remove(one.username, victim.uid);
    one.forgo(victim.bytes);
    await one.until(({ progress }) => progress.delivered === 119 && progress.waiting === 0);
    assert.deepEqual(tally(await one.reconcile()), { delivered: 119, 'skipped message-gone': 1 });
  });

  test('POP3: a message that another program has deleted is skipped', async () => {
    const one = await overPop3('pop3-gone');
    const mail = sampleMail('pop3-gone', 100, new Date()).bytes;
    one.receive(mail);
    one.forgo(mail);
    one.server.faults.retrRefusal = 'no such message';
    await one.connect();
    await one.until(({ progress }) => progress.found === 1 && progress.waiting === 1);
    one.server.mailbox(one.username).fill([]);
    // A session that is open still has it.
    await one.until(({ progress }) => progress.waiting === 0);
    delete one.server.faults.retrRefusal;
    one.receiveSamples(1);
    assert.deepEqual(tally(await one.reconcile()), { delivered: 1, 'skipped message-gone': 1 });
  });

  test('IMAP: a message that cannot be read holds up none of its neighbours', async () => {
    const one = await overImap('unreadable');
    one.receiveSamples(6);
    one.server.tricks.unreadable = new Set([3]);
    await one.connect();
    await one.until(({ progress }) => progress.delivered === 5 && progress.waiting === 1);
    delete one.server.tricks.unreadable;
    await one.reconcile();
  });

  test('giant lines arrive as they are', async () => {
    for (const one of [await overImap('imap-giant'), await overPop3('pop3-giant')]) {
      one.receive(giant(6_000_000));
      one.receive(giant(900_000));
      one.receive(Buffer.from(`Subject: ${'x'.repeat(100_000)}\r\nFrom: a@example.com\r\n\r\nText\r\n`));
      await one.connect();
      await one.reconcile();
    }
  });

  test('POP3: an answer that is one endless line ends the session, not the worker', async () => {
    const one = await overPop3('endless');
    one.receiveSamples(2);
    await one.connect();
    await one.reconcile();
    one.server.faults.hugeLineTo = 'UIDL';
    one.receiveSamples(1);
    const { fault } = await one.until((mailbox) => mailbox.fault !== null);
    assert.equal(fault?.code, 'source-protocol');
    await assertPrompt(neighbour);
    delete one.server.faults.hugeLineTo;
    await one.reconcile();
  });
});

test('the neighbour has had every message once, and no fault', async () => {
  assert.deepEqual(Object.keys(tally(await neighbour.reconcile())), ['delivered']);
  assert.equal((await neighbour.mailbox()).fault, null);
});

test('nothing at any source was changed, nothing was logged that nobody foresaw, no password at all', () => {
  for (const { server } of tenants) if ('changes' in server) assert.deepEqual(server.changes, []);
  assert.doesNotMatch(service.output(), /"level":(50|60)/);
  assert.ok(!service.output().includes(PASSWORD));
});

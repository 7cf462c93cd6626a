/** Servers that refuse for a reason of their own in the words of a wrong password, or let nobody in for a while. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FaultCode } from '../../src/core/fault.ts';
import { MAX_LOGIN_FAILURES } from '../../src/core/schedule.ts';
import { addImap, assertArrived, mail, maildrop, onImap, onPop3, type Stage } from './stage.ts';

/** For as long as anybody may be patient. */
const VISITS = 3 * MAX_LOGIN_FAILURES;

/** The server refuses, visit after visit; the mailbox stays as it is, waits longer each time, and then works. */
async function assertWaits(stage: Stage<unknown>, code: FaultCode, visits: number, heal: () => void) {
  let pause = 0;
  for (let visit = 0; visit < visits; visit += 1) {
    const verdict = await stage.visit();
    assert.deepEqual([verdict?.state, verdict?.faultCode], ['active', code]);
    const next = (verdict?.nextRunAt ?? 0) - stage.world.now;
    assert.ok(next >= Math.max(pause, 1), 'never sooner than the time before');
    pause = next;
    stage.world.now += next;
  }
  heal();
  await stage.rest();
  assertArrived(stage, [mail('1', 1)]);
}

for (const [text, code] of [
  ['[IN-USE] Do you have another POP session running?', 'source-busy'],
  ['-ERR Unable to lock maildrop: Mailbox is locked by POP server', 'source-busy'],
  ['[SYS/TEMP] Temporary authentication failure', 'source-unavailable'],
  ['[SYS/PERM] Permanent failure', 'source-unavailable'],
  ['[LOGIN-DELAY] minimum time between mail checks violation', 'source-throttled'],
  ['Too many login attempts, slow down', 'source-throttled'],
  ['Maximum number of connections exceeded (too many connections)', 'source-throttled'],
  ['Maximum number of connections reached', 'source-throttled'],
  ['[AUTH] Too many failed attempts', 'source-throttled'],
  ['Login failed: minimum interval of 15 minutes between checks', 'source-throttled'],
  ['login interval too small', 'source-throttled'],
  ['Please wait 10 minutes before you log in again', 'source-throttled'],
  ['Mailbox is being used by another process', 'source-busy'],
  ['Connection to the authentication server timed out', 'source-unavailable'],
  ['Authentication service is not available', 'source-unavailable'],
] as const) {
  test(`POP3: "${text}" is no wrong password, however often it comes`, async (t) => {
    const stage = await onPop3(t, { loginRefusal: text });
    maildrop(stage).add(mail('1', 1));
    await assertWaits(stage, code, VISITS, () => {
      delete stage.server.faults.loginRefusal;
    });
  });
}

for (const [text, code] of [
  ['[UNAVAILABLE] Temporary authentication failure', 'source-unavailable'],
  ['[LIMIT] Too many simultaneous connections', 'source-throttled'],
  ['[INUSE] Mailbox is locked by another session', 'source-busy'],
  ['[AUTHENTICATIONFAILED] Too many failed attempts, rate limit hit', 'source-throttled'],
  ['[SERVERBUG] Internal error', 'source-unavailable'],
  ['Maximum number of connections from your address', 'source-throttled'],
  ['[AUTHENTICATIONFAILED] Please wait 15 minutes', 'source-throttled'],
  ['Mailbox is used by another process', 'source-busy'],
  ['Backend timed out', 'source-unavailable'],
  ['Authentication service not available', 'source-unavailable'],
] as const) {
  test(`IMAP: "${text}" is no wrong password, however often it comes`, async (t) => {
    const stage = await onImap(t, { refuse: new Map([['AUTHENTICATE', text]]) });
    addImap(stage, mail('1', 1));
    await assertWaits(stage, code, VISITS, () => {
      delete stage.server.tricks.refuse;
    });
  });
}

test('IMAP: a server that greets with "too many connections" is come back to later', async (t) => {
  const stage = await onImap(t, { greeting: '* BYE Too many simultaneous connections, try later' });
  addImap(stage, mail('1', 1));
  await assertWaits(stage, 'source-throttled', VISITS, () => {
    delete stage.server.tricks.greeting;
  });
});

test('throttled in the very words of a wrong password: believed only at the third time', async (t) => {
  const pop3 = await onPop3(t, { loginRefusal: 'Authentication failed.' });
  maildrop(pop3).add(mail('1', 1));
  await assertWaits(pop3, 'login-refused', MAX_LOGIN_FAILURES - 1, () => {
    delete pop3.server.faults.loginRefusal;
  });
  const imap = await onImap(t, {
    refuse: new Map([['AUTHENTICATE', '[AUTHENTICATIONFAILED] Invalid credentials']]),
  });
  addImap(imap, mail('1', 1));
  await assertWaits(imap, 'login-refused', MAX_LOGIN_FAILURES - 1, () => {
    delete imap.server.tricks.refuse;
  });
});

test('a login that fails is not repeated in the same visit', async (t) => {
  const stage = await onPop3(t, { loginRefusal: '[AUTH] no' });
  await stage.visit();
  assert.equal(stage.server.heard.filter(({ verb }) => /^(?:PASS|AUTH)$/.test(verb)).length, 1);
});

test('a visit has one connection, however many folders and messages there are', async (t) => {
  const stage = await onImap(t);
  let most = 0;
  for (const folder of ['INBOX', 'Lists', 'Clients', 'Travel'])
    for (let n = 0; n < 40; n += 1) addImap(stage, mail(`${folder} ${n}`, n), folder);
  stage.world.habit = (source) => ({
    ...source,
    list: async (...args) => {
      most = Math.max(most, stage.server.connections);
      return await source.list(...args);
    },
    async *fetch(...args) {
      for await (const fetched of source.fetch(...args)) {
        most = Math.max(most, stage.server.connections);
        yield fetched;
      }
    },
  });
  await stage.rest({ options: { folders: 'all' } });
  assert.equal(stage.world.gmail.imported.length, 160);
  assert.equal(most, 1);
});

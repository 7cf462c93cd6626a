/** Notes of labels: each mailbox's own, out of reach of every other tenant, gone with the mailbox. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, it } from 'node:test';
import type { MailboxId, UserId } from '../../../src/core/mailbox.ts';
import { GMAIL_INSERT_SCOPE, GMAIL_LABELS_SCOPE } from '../../../src/core/scopes.ts';
import { createLabelNotes, forgetLabels, listLabels } from '../../../src/db/labels.ts';
import { createLeases } from '../../../src/db/leases.ts';
import { deleteMailbox } from '../../../src/db/mailboxes.ts';
import { openTestDatabase } from '../../database.ts';

const database = await openTestDatabase({ after });
const web = await database.open('web');
const worker = await database.open('worker');

async function addOwner(name: string): Promise<{ userId: UserId; mailboxId: MailboxId }> {
  const userId = await database.addUser(name);
  await database.asOwner(
    "INSERT INTO grants (user_id, sealed_refresh_token, refresh_token_hash, scopes) VALUES ($1, 'x', $2, $3)",
    [userId, name, [GMAIL_INSERT_SCOPE, GMAIL_LABELS_SCOPE]],
  );
  return { userId, mailboxId: await database.addMailbox(userId) };
}

const scopesOf = async (userId: UserId) =>
  (await database.asOwner<{ scopes: string[] }>('SELECT scopes FROM grants WHERE user_id = $1', [userId]))[0]
    ?.scopes;

it('keeps, replaces and forgets, for one mailbox', async () => {
  const ada = await addOwner('ada');
  const other = { ...ada, mailboxId: await database.addMailbox(ada.userId) };
  const notes = createLabelNotes(worker, { ...ada, refreshTokenHash: 'ada' });
  await notes.keep('Old mail', 'Label_1');
  await notes.keep('Old mail', 'Label_2');
  await notes.keep('Old mail/Work', 'Label_3');
  await createLabelNotes(worker, { ...other, refreshTokenHash: 'ada' }).keep('Old mail', 'Label_2');
  assert.deepEqual(
    [...(await notes.load())],
    [
      ['Old mail', 'Label_2'],
      ['Old mail/Work', 'Label_3'],
    ],
  );
  await notes.forget('Old mail');
  assert.deepEqual([...(await notes.load()).keys()], ['Old mail/Work']);
  await web.withTenant(ada.userId, (tx) => forgetLabels(tx, ada.mailboxId));
  assert.equal((await notes.load()).size, 0);
  assert.deepEqual(await web.withTenant(ada.userId, listLabels), [
    { mailboxId: other.mailboxId, name: 'Old mail' },
  ]);
});

it('shows a tenant nothing of another’s, and writes nothing there', async () => {
  const [bea, carl] = [await addOwner('bea'), await addOwner('carl')];
  await createLabelNotes(worker, { ...bea, refreshTokenHash: 'bea' }).keep('Secret folder', 'Label_1');
  const stranger = createLabelNotes(worker, {
    userId: carl.userId,
    mailboxId: bea.mailboxId,
    refreshTokenHash: 'bea',
  });
  assert.equal((await stranger.load()).size, 0);
  await stranger.keep('Mine now', 'Label_2');
  await stranger.forget('Secret folder');
  await stranger.noteMissing();
  assert.deepEqual(await web.withTenant(carl.userId, listLabels), []);
  assert.deepEqual(await web.withTenant(bea.userId, listLabels), [
    { mailboxId: bea.mailboxId, name: 'Secret folder' },
  ]);
  assert.deepEqual(await scopesOf(bea.userId), [GMAIL_INSERT_SCOPE, GMAIL_LABELS_SCOPE]);
});

it('goes with the mailbox; a run that is late notes nothing and fails at nothing', async () => {
  const dora = await addOwner('dora');
  const notes = createLabelNotes(worker, { ...dora, refreshTokenHash: 'dora' });
  await notes.keep('Old mail', 'Label_1');
  await web.withTenant(dora.userId, (tx) => deleteMailbox(tx, dora.mailboxId));
  await notes.keep('Old mail', 'Label_1');
  assert.equal((await database.asOwner('SELECT FROM labels WHERE user_id = $1', [dora.userId])).length, 0);
});

it('takes the permission off the consent that lacked it, and off no later one', async () => {
  const emil = await addOwner('emil');
  await createLabelNotes(worker, { ...emil, refreshTokenHash: 'an older one' }).noteMissing();
  assert.deepEqual(await scopesOf(emil.userId), [GMAIL_INSERT_SCOPE, GMAIL_LABELS_SCOPE]);
  await createLabelNotes(worker, { ...emil, refreshTokenHash: 'emil' }).noteMissing();
  assert.deepEqual(await scopesOf(emil.userId), [GMAIL_INSERT_SCOPE]);
});

it('a run is told what its mailbox’s owner allows', async () => {
  const fay = await addOwner('fay');
  const leases = createLeases(worker, randomUUID());
  await leases.register([]);
  const lease = (await leases.claim(50)).find(({ mailboxId }) => mailboxId === fay.mailboxId);
  assert.deepEqual(lease?.scopes, [GMAIL_INSERT_SCOPE, GMAIL_LABELS_SCOPE]);
  await leases.unregister();
});

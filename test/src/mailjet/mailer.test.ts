/** The mailer against the stand-in: what it sends, and what it makes of every kind of answer. */
import assert from 'node:assert/strict';
import { after, beforeEach, it } from 'node:test';
import { createMailer, type Outgoing } from '../../../src/mailjet/mailer.ts';
import { createAuthority } from '../../../standins/authority.ts';
import { startMailjet } from '../../../standins/mailjet/server.ts';
import { trust } from '../../trust.ts';

const authority = await createAuthority();
trust(authority);
const mailjet = await startMailjet({ leaf: await authority.issue(['localhost']) });
const stranger = await startMailjet({ leaf: await (await createAuthority()).issue(['localhost']) });
after(() => Promise.all([mailjet.close(), stranger.close()]));

const trouble: (number | null)[] = [];
const options = {
  apiKey: mailjet.environment.MAILJET_API_KEY ?? '',
  apiSecret: mailjet.environment.MAILJET_API_SECRET ?? '',
  apiUrl: mailjet.environment.MAILJET_API_URL ?? '',
  from: { email: 'notices@smtp-sync.example', name: 'smtp-sync' },
  onTrouble: (status: number | null) => void trouble.push(status),
};
const mailer = await createMailer(options);
const { signal } = new AbortController();
const MAIL: Outgoing = {
  to: 'owner@example.com',
  subject: 'A notice',
  text: 'Text',
  html: '<p>Text</p>',
  unsubscribeUrl: 'https://mail.example.com/unsubscribe?kind=x',
};

beforeEach(() => void trouble.splice(0));

it('sends what it is given and nothing else, tracked by nobody', async () => {
  const before = mailjet.sent.length;
  assert.equal(await mailer.send(MAIL, signal), 'sent');
  assert.deepEqual(mailjet.sent[before]?.raw, {
    From: { Email: 'notices@smtp-sync.example', Name: 'smtp-sync' },
    To: [{ Email: 'owner@example.com' }],
    Subject: 'A notice',
    TextPart: 'Text',
    HTMLPart: '<p>Text</p>',
    TrackOpens: 'disabled',
    TrackClicks: 'disabled',
    Headers: {
      'List-Unsubscribe': '<https://mail.example.com/unsubscribe?kind=x>',
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    },
  });
  assert.equal(await mailer.send({ ...MAIL, unsubscribeUrl: null }, signal), 'sent');
  assert.deepEqual(mailjet.sent[before + 1]?.headers, {});
});

it('tells a recipient that is refused for good from what may pass', async () => {
  assert.equal(await mailer.send({ ...MAIL, to: 'nobody' }, signal), 'refused');
  const unknownSender = await createMailer({ ...options, from: { email: 'other@example.net', name: 'x' } });
  assert.equal(await unknownSender.send(MAIL, signal), 'failed');
  const wrongKey = await createMailer({ ...options, apiSecret: 'wrong' });
  assert.equal(await wrongKey.send(MAIL, signal), 'failed');
  for (const status of [429, 500, 503]) {
    mailjet.strike({ status }, 1);
    assert.equal(await mailer.send(MAIL, signal), 'failed');
  }
  assert.deepEqual(trouble, [400, 400, 401, 429, 500, 503]);
});

it('does not know what became of a mail when the connection is lost', async () => {
  const before = mailjet.sent.length;
  mailjet.strike('lost-before', 1);
  mailjet.strike('lost-after', 1);
  assert.equal(await mailer.send(MAIL, signal), 'failed');
  assert.equal(mailjet.sent.length, before);
  assert.equal(await mailer.send(MAIL, signal), 'failed');
  assert.equal(mailjet.sent.length, before + 1);
  assert.deepEqual(trouble, [null, null]);
});

it('speaks to nobody whose certificate it cannot verify', async () => {
  const mistaken = await createMailer({ ...options, apiUrl: stranger.environment.MAILJET_API_URL ?? '' });
  assert.equal(await mistaken.send(MAIL, signal), 'failed');
  assert.equal(stranger.calls, 0);
});

it('stops waiting when it is told to', async () => {
  const stopping = new AbortController();
  const sending = mailer.send(MAIL, stopping.signal);
  stopping.abort(new Error('enough'));
  await assert.rejects(sending, /enough/);
  await assert.rejects(mailer.send(MAIL, stopping.signal), /enough/);
});

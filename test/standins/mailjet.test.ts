/** The stand-in refuses what Mailjet refuses, in Mailjet's shapes. */
import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { createAuthority } from '../../standins/authority.ts';
import { startMailjet } from '../../standins/mailjet/server.ts';
import { trust } from '../trust.ts';

const authority = await createAuthority();
trust(authority);
const mailjet = await startMailjet({ leaf: await authority.issue(['localhost']) });
after(() => mailjet.close());

const MESSAGE = {
  From: { Email: 'notices@smtp-sync.example', Name: 'smtp-sync' },
  To: [{ Email: 'owner@example.com' }],
  Subject: 'Something <happened>',
  TextPart: 'It did.',
  HTMLPart: '<p>It did.</p><script>document.title = "owned"</script>',
};

interface Answer {
  status: number;
  body: {
    ErrorMessage?: string;
    StatusCode?: number;
    Messages?: {
      Status: string;
      To?: { Email: string }[];
      Errors?: { ErrorCode: string; ErrorRelatedTo: string[] }[];
    }[];
  };
}

async function send(body: unknown, credentials = 'stand-in-key:stand-in-secret'): Promise<Answer> {
  const answer = await fetch(`${mailjet.environment.MAILJET_API_URL}/v3.1/send`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}

const codesOf = ({ body }: Answer) =>
  body.Messages?.flatMap(({ Errors = [] }) => Errors.map((one) => [one.ErrorCode, ...one.ErrorRelatedTo]));

it('takes a message and shows it without running what is in it', async () => {
  const before = mailjet.sent.length;
  const answer = await send({ Messages: [MESSAGE] });
  assert.equal(answer.status, 200);
  assert.equal(answer.body.Messages?.[0]?.Status, 'success');
  assert.equal(answer.body.Messages?.[0]?.To?.[0]?.Email, 'owner@example.com');
  assert.equal(mailjet.sent.length, before + 1);
  const list = await (await fetch(mailjet.pageUrl)).text();
  assert.ok(list.includes('Something &lt;happened&gt;'));
  const shown = await (await fetch(`${mailjet.pageUrl}${before}`)).text();
  assert.ok(shown.includes('sandbox="allow-popups'));
  assert.ok(!shown.includes('<script>'));
});

it('refuses wrong credentials, broken JSON and other paths', async () => {
  const stranger = await send({ Messages: [MESSAGE] }, 'stand-in-key:wrong');
  assert.equal(stranger.status, 401);
  assert.match(stranger.body.ErrorMessage ?? '', /authentication\/authorization failure/);
  assert.equal((await send('{')).status, 400);
  assert.equal((await send({ Messages: [] })).status, 400);
});

it('says of each message what is wrong with it, and sends the good ones', async () => {
  const before = mailjet.sent.length;
  const answer = await send({
    Messages: [
      MESSAGE,
      { ...MESSAGE, To: [{ Email: 'nobody' }] },
      { ...MESSAGE, From: { Email: 'somebody@example.net' } },
      { ...MESSAGE, Headers: { 'Message-ID': '<x@example.com>' } },
      { From: MESSAGE.From, Subject: 'x', Tracking: true },
    ],
  });
  assert.equal(answer.status, 400);
  assert.deepEqual(codesOf(answer), [
    ['mj-0013', 'To[0].Email'],
    ['send-0008', 'From'],
    ['send-0011', 'Headers["Message-ID"]'],
    ['mj-0001', 'Tracking'],
    ['mj-0003', 'To'],
    ['mj-0003', 'TextPart'],
    ['mj-0003', 'HTMLPart'],
  ]);
  assert.equal(mailjet.sent.length, before + 1);
});

it('fails as it is told to, for as many calls as it is told', async () => {
  const before = mailjet.sent.length;
  mailjet.strike({ status: 503 }, 1);
  mailjet.strike('lost-before', 1);
  mailjet.strike('lost-after', 1);
  assert.equal((await send({ Messages: [MESSAGE] })).status, 503);
  await assert.rejects(send({ Messages: [MESSAGE] }));
  assert.equal(mailjet.sent.length, before);
  await assert.rejects(send({ Messages: [MESSAGE] }));
  assert.equal(mailjet.sent.length, before + 1);
  assert.equal((await send({ Messages: [MESSAGE] })).status, 200);
});

/** Repaired copies, byte by byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { REPAIRS, type Repair } from '../../src/core/repair.ts';
import { createMessageCheck } from '../../standins/google/message.ts';
import { HeaderBlock } from '../../workers/header-block.ts';
import { mend, mendingOf } from '../../workers/repair.ts';

const CAP = 256 * 1024;
const NOBODY = '"Unknown sender" <unknown-sender@smtp-sync.invalid>';
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

async function* cut(bytes: Buffer, at: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const to of [...at].sort((a, b) => a - b)) {
    yield Uint8Array.from(bytes.subarray(from, to));
    from = to;
  }
  yield Uint8Array.from(bytes.subarray(from));
}

interface Mended {
  readonly text: string;
  readonly repair: Repair;
  readonly size: number;
  readonly header: HeaderBlock;
}

async function mended(bytes: Buffer, repair: Repair, at: readonly number[] = []): Promise<Mended> {
  const mending = mendingOf(repair);
  const header = new HeaderBlock();
  let text = '';
  for await (const piece of mend(cut(bytes, at), mending, header)) {
    text += Buffer.from(piece).toString('latin1');
    // As the relay does: a piece belongs to its consumer.
    piece.fill(0);
  }
  return { text, ...mending, header };
}

const crlf = (text: string): string => text.replace(/\n/g, '\r\n');

/** Wanted, before, after, and what it really was where that is something else. LF stands for CRLF as well. */
const TABLE: readonly (readonly [Repair, string, string, Repair?])[] = [
  [
    'from-header-missing',
    'Subject: a\nTo: b\n\nbody\n',
    `From: ${NOBODY}\nX-Smtp-Sync-Repaired: from-header-missing\nSubject: a\nTo: b\n\nbody\n`,
  ],
  [
    'from-header-missing',
    'Sender: ceo@bank.example\nReturn-Path: <x@y.example>\n\nFrom: not a header\n',
    `From: ${NOBODY}\nX-Smtp-Sync-Repaired: from-header-missing\nSender: ceo@bank.example\nReturn-Path: <x@y.example>\n\nFrom: not a header\n`,
  ],
  // No header block: an empty line comes first, or there is only a body.
  ['from-header-missing', '\nbody\n', `From: ${NOBODY}\nX-Smtp-Sync-Repaired: from-header-missing\n\nbody\n`],
  [
    'from-header-missing',
    'Dear all,\nNote: this is text.\n',
    `From: ${NOBODY}\nX-Smtp-Sync-Repaired: from-header-missing\n\nDear all,\nNote: this is text.\n`,
  ],
  // The line that an mbox puts first stays first.
  [
    'from-header-missing',
    'From a@b.example Mon Jan  1 10:00:00 2026\nSubject: a\n\nbody\n',
    `From a@b.example Mon Jan  1 10:00:00 2026\nFrom: ${NOBODY}\nX-Smtp-Sync-Repaired: from-header-missing\nSubject: a\n\nbody\n`,
  ],
  [
    'from-header-several',
    'From: a@b.example\nSubject: a\nFROM : c@d.example,\n\te@f.example\nfrom:g@h.example\n\nFrom: text\n',
    'X-Smtp-Sync-Repaired: from-header-several\nFrom: a@b.example\nSubject: a\nX-Smtp-Sync-Original-From : c@d.example,\n\te@f.example\nX-Smtp-Sync-Original-From:g@h.example\n\nFrom: text\n',
  ],
  // Gmail says the same of none and of several; what it is shows here.
  [
    'from-header-missing',
    'From: a@b.example\nFrom: c@d.example\n\n',
    'X-Smtp-Sync-Repaired: from-header-several\nFrom: a@b.example\nX-Smtp-Sync-Original-From: c@d.example\n\n',
    'from-header-several',
  ],
  [
    'from-header-several',
    'Subject: a\n\n',
    `From: ${NOBODY}\nX-Smtp-Sync-Repaired: from-header-missing\nSubject: a\n\n`,
    'from-header-missing',
  ],
  [
    'from-header-missing',
    'From: nobody\n\n',
    'From: "nobody" <unknown-sender@smtp-sync.invalid>\nX-Smtp-Sync-Repaired: from-header-invalid\nX-Smtp-Sync-Original-From: nobody\n\n',
    'from-header-invalid',
  ],
  [
    'from-header-invalid',
    'Subject: a\nFrom: News\n letter "of" <a@@b>\nTo: c\n\nbody',
    'From: "News letter of a@@b" <unknown-sender@smtp-sync.invalid>\nX-Smtp-Sync-Repaired: from-header-invalid\nSubject: a\nX-Smtp-Sync-Original-From: News\n letter "of" <a@@b>\nTo: c\n\nbody',
  ],
  [
    'from-header-invalid',
    'From:\n\nbody',
    `From: ${NOBODY}\nX-Smtp-Sync-Repaired: from-header-invalid\nX-Smtp-Sync-Original-From:\n\nbody`,
  ],
  [
    'from-header-invalid',
    'From: =?utf-8?q?J=C3=B6rg?= =?utf-8?B?w7Y=?= <j@>\n\n',
    'From: =?utf-8?q?J=C3=B6rg?= =?utf-8?B?w7Y=?= <unknown-sender@smtp-sync.invalid>\nX-Smtp-Sync-Repaired: from-header-invalid\nX-Smtp-Sync-Original-From: =?utf-8?q?J=C3=B6rg?= =?utf-8?B?w7Y=?= <j@>\n\n',
  ],
  [
    'from-header-invalid',
    'From: J\xc3\xb6rg\n\n',
    'From: =?utf-8?B?SsO2cmc=?= <unknown-sender@smtp-sync.invalid>\nX-Smtp-Sync-Repaired: from-header-invalid\nX-Smtp-Sync-Original-From: J\xc3\xb6rg\n\n',
  ],
  [
    'null-byte',
    'From: a@b.example\nSub\0ject: a\0\n\n\0bo\0\0dy\0',
    'X-Smtp-Sync-Repaired: null-byte\nFrom: a@b.example\nSubject: a\n\nbody',
  ],
  // Nothing but what was refused is touched.
  [
    'from-header-several',
    'From: a@b.example\nFrom: c@d.example\n\nnul\0byte\n',
    'X-Smtp-Sync-Repaired: from-header-several\nFrom: a@b.example\nX-Smtp-Sync-Original-From: c@d.example\n\nnul\0byte\n',
  ],
  ['null-byte', 'From: nobody\n\nx\0', 'X-Smtp-Sync-Repaired: null-byte\nFrom: nobody\n\nx'],
];

test('each repair is the smallest there is, and in the message’s own kind of lines', async () => {
  for (const [wanted, before, after, really = wanted] of TABLE) {
    const unix = await mended(bytesOf(before), wanted);
    assert.equal(unix.text, after);
    assert.equal(unix.repair, really);
    assert.equal(unix.size, before.length);
    assert.equal((await mended(bytesOf(crlf(before)), wanted)).text, crlf(after));
  }
});

test('pieces make no difference, wherever they are cut', async () => {
  for (const [wanted, before, after] of TABLE) {
    const bytes = bytesOf(crlf(before));
    for (let at = 0; at <= bytes.length; at += 1)
      assert.equal((await mended(bytes, wanted, [at])).text, crlf(after), `cut at ${at}`);
    const every = Array.from(bytes, (_, at) => at);
    assert.equal((await mended(bytes, wanted, every)).text, crlf(after), 'byte by byte');
  }
});

test('a message that is all there is to it, or nothing at all', async () => {
  const from = `From: ${NOBODY}\r\nX-Smtp-Sync-Repaired: from-header-missing\r\n`;
  assert.equal((await mended(bytesOf(''), 'from-header-missing')).text, from);
  assert.equal((await mended(bytesOf('Subject: a'), 'from-header-missing')).text, `${from}Subject: a`);
  assert.equal((await mended(bytesOf('text'), 'from-header-missing')).text, `${from}\r\ntext`);
  assert.equal((await mended(bytesOf('From x'), 'from-header-missing')).text, `From x\r\n${from}`);
});

test('a header block beyond the cap is repaired as far as it is held, and passes whole', async () => {
  const before = `From: a@b.example\r\nX-Long: ${'x'.repeat(CAP)}\r\nFrom: c@d.example\r\n\r\nbody`;
  const { text } = await mended(bytesOf(before), 'from-header-several', [1000, CAP - 1, CAP + 1]);
  assert.equal(
    text,
    `${`From: "a@b.example" <unknown-sender@smtp-sync.invalid>\r\nX-Smtp-Sync-Repaired: from-header-invalid\r\nX-Smtp-Sync-Original-`}${before}`,
    'the second one is not seen, so Gmail may refuse this as well',
  );
  const nul = `From: a@b.example\r\nX-Long: ${'\0x'.repeat(CAP)}\r\n\r\n\0`;
  assert.equal(
    (await mended(bytesOf(nul), 'null-byte', [5, CAP])).text,
    `X-Smtp-Sync-Repaired: null-byte\r\n${nul.replaceAll('\0', '')}`,
  );
});

test('whatever a message holds: the rest of it stays, Gmail’s cause is gone, and the header block is that of the source', async () => {
  const line = fc.constantFrom(
    ...[
      'From: a@b.example',
      'FROM: x',
      'from :',
      ' folded',
      '\tFrom: c',
      'Subject: d',
      'X',
      '',
      'From y',
      'To: \0',
    ],
  );
  const eol = fc.constantFrom('\r\n', '\n');
  const message = fc
    .tuple(fc.array(line, { maxLength: 8 }), eol)
    .map(([lines, end]) => bytesOf(lines.join(end)));
  await fc.assert(
    fc.asyncProperty(
      message,
      fc.constantFrom(...REPAIRS),
      fc.array(fc.nat(60)),
      async (bytes, wanted, cuts) => {
        const at = cuts.filter((each) => each <= bytes.length);
        const { text, repair, header, size } = await mended(bytes, wanted, at);
        assert.deepEqual(await mended(bytes, wanted), { text, repair, header, size });
        const plain = new HeaderBlock();
        plain.push(bytes);
        assert.deepEqual(header.facts(), plain.facts());
        assert.equal(size, bytes.length);
        const eolOf = /(\r?)\n/.exec(bytes.toString('latin1'))?.[1] === '' ? '\n' : '\r\n';
        const told = `X-Smtp-Sync-Repaired: ${repair}${eolOf}`;
        assert.equal(text.split(told).length, 2);
        const check = createMessageCheck(0);
        check.update(bytesOf(text));
        if (repair === 'null-byte') assert.ok(!text.includes('\0'));
        else if (repair !== 'from-header-several' && !text.includes('\0'))
          assert.equal(check.refusal(), null, text);
        // Back to what it was: nothing but the repair was done.
        const added = new RegExp(`(^|\\n)(From: .* <unknown-sender@smtp-sync\\.invalid>\\r?\\n)?${told}`);
        const undone = text
          .replace(added, '$1')
          .replaceAll('X-Smtp-Sync-Original-From', 'From')
          .toLowerCase();
        const before = bytes.toString('latin1').toLowerCase();
        const original = repair === 'null-byte' ? before.replaceAll('\0', '') : before;
        assert.ok(
          undone === original || undone === `${eolOf}${original}` || undone === `${original}${eolOf}`,
          text,
        );
      },
    ),
    { numRuns: 500 },
  );
});

test('what is not passed on is zeroed, also when nobody wants the rest', async () => {
  for (const most of [1, 2, 3, 99]) {
    const served: Uint8Array[] = [];
    async function* body(): AsyncGenerator<Uint8Array> {
      for (const text of ['From: a@b.exa', 'mple\r\nFrom: c@d.example\r\n\r\nb', 'ody\0body']) {
        const piece = Uint8Array.from(bytesOf(text));
        served.push(piece);
        yield piece;
      }
    }
    let count = 0;
    for await (const piece of mend(body(), mendingOf('null-byte'), new HeaderBlock())) {
      piece.fill(0);
      count += 1;
      if (count === most) break;
    }
    assert.ok(served.length > 1);
    assert.ok(
      served.every((piece) => piece.every((byte) => byte === 0)),
      `after ${most}`,
    );
  }
});

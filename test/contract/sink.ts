/** What every sink must do, whatever stands behind it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { isFault } from '../../src/core/fault.ts';
import type { Outgoing, Sink, Upload, UploadStatus } from '../../src/core/ports.ts';
import type { SessionUri } from '../../src/core/transfer.ts';

export const UNIT = 262_144;

export const INBOX: Outgoing = {
  labelIds: ['INBOX', 'UNREAD'],
  neverMarkSpam: false,
  internalDateSource: 'dateHeader',
  size: null,
};

export interface SinkUnderTest {
  readonly sink: Sink;
  /** What has arrived, in order. */
  arrived(): readonly { id: string; sha256: string; size: number; labelIds: readonly string[] }[];
  /** The next last chunk is committed, but its answer is lost. */
  loseNextCommitAnswer(): void;
  /** The session is forgotten. */
  forgetSessions(): void;
  close(): Promise<void>;
}

/** A message of `size` bytes: a header, then filler that differs by `seed`. */
export function makeMessage(size: number, seed = 'a'): Buffer {
  const header = `From: Ada <ada@example.org>\r\nMessage-ID: <${seed}@example.org>\r\nSubject: ${seed}\r\n\r\n`;
  return Buffer.alloc(Math.max(size, header.length), `${header}${seed}\r\n`).fill(header, 0, header.length);
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Sends all of `message` in chunks of `chunk` bytes. */
export async function sendAll(upload: Upload, message: Buffer, chunk: number, signal: AbortSignal) {
  let status: UploadStatus = { state: 'incomplete', stored: 0 };
  for (let offset = 0; offset < message.length; offset += chunk) {
    const part = message.subarray(offset, offset + chunk);
    const last = offset + part.length === message.length;
    status = await upload.put([part], offset, last ? message.length : null, signal);
  }
  return status;
}

export function sinkContract(name: string, start: () => Promise<SinkUnderTest>): void {
  describe(`${name} keeps the contract of sinks`, () => {
    const { signal } = new AbortController();
    let under: SinkUnderTest;
    before(async () => {
      under = await start();
    });
    after(() => under.close());
    const last = () => under.arrived().at(-1);

    test('a small message in one put, given in parts', async () => {
      const message = makeMessage(5_000, 'small');
      const upload = await under.sink.open(INBOX, signal);
      const parts = [message.subarray(0, 1), message.subarray(1, 1_700), message.subarray(1_700)];
      const status = await upload.put(parts, 0, message.length, signal);
      assert.equal(status.state, 'committed');
      assert.equal(last()?.sha256, sha256(message));
      assert.deepEqual(last()?.labelIds, INBOX.labelIds);
      assert.equal(status.state === 'committed' && status.gmailId, last()?.id);
    });

    for (const size of [UNIT - 1, UNIT, UNIT + 1, 3 * UNIT + 17]) {
      test(`a message of ${size} bytes in chunks`, async () => {
        const message = makeMessage(size, `n${size}`);
        const upload = await under.sink.open(INBOX, signal);
        assert.equal((await sendAll(upload, message, UNIT, signal)).state, 'committed');
        assert.equal(last()?.sha256, sha256(message));
      });
    }

    test('asking an open session tells how far it is and completes nothing', async () => {
      const message = makeMessage(2 * UNIT, 'asked');
      const count = under.arrived().length;
      const upload = await under.sink.open(INBOX, signal);
      assert.deepEqual(await upload.status(message.length, signal), { state: 'incomplete', stored: 0 });
      await upload.put([message.subarray(0, UNIT)], 0, null, signal);
      assert.deepEqual(await upload.status(message.length, signal), { state: 'incomplete', stored: UNIT });
      assert.equal(under.arrived().length, count);
    });

    test('a session is resumed from its URI alone', async () => {
      const message = makeMessage(UNIT + 9, 'resumed');
      const { uri, put } = await under.sink.open(INBOX, signal);
      await put([message.subarray(0, UNIT)], 0, null, signal);
      const upload = under.sink.resume(uri);
      const status = await upload.put([message.subarray(UNIT)], UNIT, message.length, signal);
      assert.equal(status.state, 'committed');
      assert.equal(last()?.sha256, sha256(message));
    });

    test('a commit whose answer was lost is found by asking, and repeating it repeats nothing', async () => {
      const message = makeMessage(3_000, 'lost');
      const count = under.arrived().length;
      const upload = await under.sink.open(INBOX, signal);
      under.loseNextCommitAnswer();
      await assert.rejects(upload.put([message], 0, message.length, signal), (error) =>
        isFault(error, 'upload-interrupted'),
      );
      const status = await under.sink.resume(upload.uri).status(message.length, signal);
      assert.equal(status.state, 'committed');
      assert.deepEqual(await upload.put([message], 0, message.length, signal), status);
      assert.equal(under.arrived().length, count + 1);
    });

    test('a forgotten session is gone, to questions and to puts', async () => {
      const message = makeMessage(3_000, 'gone');
      const upload = await under.sink.open(INBOX, signal);
      under.forgetSessions();
      assert.deepEqual(await upload.status(message.length, signal), { state: 'gone' });
      assert.deepEqual(await upload.put([message], 0, message.length, signal), { state: 'gone' });
    });

    test('what can never be accepted says so', async () => {
      const two = 'From: a@example.org\r\nFrom: b@example.org\r\n\r\nbody';
      for (const [text, code] of [
        ['Subject: none\r\n\r\nbody', 'from-header-missing'],
        [two, 'from-header-missing'],
        ['From: nobody\r\n\r\nbody', 'from-header-invalid'],
        ['From: a@example.org\r\n\r\nnul\0byte', 'null-byte'],
      ] as const) {
        const bytes = Buffer.from(text);
        const upload = await under.sink.open(INBOX, signal);
        const refused = upload.put([bytes], 0, bytes.length, signal);
        await assert.rejects(refused, (error) => isFault(error, code), text);
      }
      const empty = await under.sink.open(INBOX, signal);
      await assert.rejects(empty.put([], 0, 0, signal), (error) => isFault(error, 'from-header-missing'));
    });

    test('a session elsewhere is refused', () => {
      for (const uri of ['https://example.net/upload/x', 'http://127.0.0.1:1/upload/x', '/upload/x', ''])
        assert.throws(() => under.sink.resume(uri as SessionUri), RangeError, uri);
    });

    test('an aborted call ends with the reason given', async () => {
      const stop = new AbortController();
      stop.abort(new Error('enough'));
      const upload = await under.sink.open(INBOX, signal);
      await assert.rejects(under.sink.open(INBOX, stop.signal), /enough/);
      await assert.rejects(upload.put([makeMessage(10)], 0, 10, stop.signal), /enough/);
      await assert.rejects(upload.status(10, stop.signal), /enough/);
    });
  });
}

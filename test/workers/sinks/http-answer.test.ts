import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAnswer } from '../../../workers/sinks/http-answer.ts';

const answer = (text: string, ended = false) => {
  const read = readAnswer(text, ended);
  return read && { ...read, headers: Object.fromEntries(read.headers) };
};

const WHOLE: Readonly<Record<string, readonly [text: string, body: string, keepAlive: boolean]>> = {
  'a length': ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'hello', true],
  'no reason phrase': ['HTTP/1.1 308 \r\nRange: bytes=0-9\r\nContent-Length: 0\r\n\r\n', '', true],
  'chunks, an extension and a trailer': [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\nA;x=y\r\nlo, there!\r\n0\r\nX: y\r\n\r\n',
    'hello, there!',
    true,
  ],
  'no content': ['HTTP/1.1 204 No Content\r\n\r\n', '', true],
  'an interim answer before': [
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx',
    'x',
    true,
  ],
  'the end announced': ['HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 1\r\n\r\nx', 'x', false],
  'an old version': ['HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx', 'x', false],
};

for (const [name, [text, body, keepAlive]] of Object.entries(WHOLE))
  test(`an answer is read when it is whole and not before: ${name}`, () => {
    for (let at = 0; at < text.length; at += 1) assert.equal(answer(text.slice(0, at)), null, `${at}`);
    const read = answer(text);
    assert.deepEqual([read?.body, read?.keepAlive], [body, keepAlive]);
  });

test('without a length the answer ends with the connection', () => {
  const text = 'HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n\r\n<html>';
  assert.equal(answer(text), null);
  const { status, body, keepAlive } = answer(text, true) ?? {};
  assert.deepEqual([status, body, keepAlive], [502, '<html>', false]);
});

test('what is cut off stays without an answer', () => {
  for (const text of [
    '',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
  ])
    assert.equal(answer(text, true), null);
});

test('a connection with bytes behind the answer is not used again', () => {
  assert.equal(answer('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK')?.keepAlive, false);
});

test('a connection whose answer has two ends is not used again', () => {
  const text =
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
  assert.deepEqual([answer(text)?.body, answer(text)?.keepAlive], ['abc', false]);
});

test('names are found in any case, values without the space around, the first of several', () => {
  const { headers } =
    answer('HTTP/1.1 200 OK\r\nLOCATION:  a \r\nlocation: b\r\nContent-Length: 0\r\n\r\n') ?? {};
  assert.deepEqual(headers, { location: 'a', 'content-length': '0' });
});

const HOSTILE: Readonly<Record<string, string>> = {
  'another protocol': '220 mail.example.com ESMTP\r\n\r\n',
  'HTTP/2': 'HTTP/2 200\r\n\r\n',
  'a head without end': `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}`,
  'a folded header': 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n',
  'a header without a colon': 'HTTP/1.1 200 OK\r\nLocationx\r\nContent-Length: 0\r\n\r\n',
  'two codings': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n',
  'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
  'a length that is none': 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n',
  'a length over all': 'HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n',
  'a body over all': `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(70_000)}`,
  'another coding': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n',
  'a chunk without size': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n',
  'a chunk without end': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxyz',
};

for (const [name, text] of Object.entries(HOSTILE))
  test(`refused: ${name}`, () => {
    assert.throws(() => answer(text), RangeError);
  });

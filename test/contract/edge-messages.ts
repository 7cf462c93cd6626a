/** Messages at the edges of what mail is. All line ends are CRLF, so that no server has cause to change a byte. */
export interface EdgeMessage {
  readonly name: string;
  readonly bytes: Buffer;
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const HEAD = 'From: a@example.com\r\nSubject: edge\r\n\r\n';
const line = (length: number): string => 'x'.repeat(length);

/** Size in bytes, made of lines that begin with dots here and there. */
export function largeMessage(size: number): Buffer {
  const body = `${HEAD}${`${line(70)}\r\n.${line(60)}\r\n..\r\n`}`;
  const bytes = Buffer.alloc(size, latin1(body));
  bytes.write('\r\n', size - 2, 'latin1');
  // A cut in the middle of a CRLF at the very end would leave a bare CR before it.
  if (bytes[size - 3] === 13) bytes[size - 3] = 120;
  return bytes;
}

export const EDGE_MESSAGES: readonly EdgeMessage[] = [
  { name: 'header only', bytes: latin1('From: a@example.com\r\nSubject: none\r\n\r\n') },
  { name: 'header without the empty line', bytes: latin1('From: a@example.com\r\nSubject: none\r\n') },
  { name: 'empty lines at the end', bytes: latin1(`${HEAD}text\r\n\r\n\r\n`) },
  { name: 'no line end at the end', bytes: latin1(`${HEAD}text`) },
  { name: 'dots at line starts', bytes: latin1(`${HEAD}.\r\n..\r\n.a\r\n...b\r\n`) },
  { name: 'a lone dot as the last line', bytes: latin1(`${HEAD}text\r\n.\r\n`) },
  { name: 'a dot as the first byte', bytes: latin1(`.${HEAD}text\r\n`) },
  {
    name: 'every 8-bit byte',
    bytes: latin1(`${HEAD}${String.fromCharCode(...Array.from({ length: 128 }, (_, at) => 128 + at))}\r\n`),
  },
  { name: 'control characters', bytes: latin1(`${HEAD}\x01\x07\x08\x0b\x0c\x1a\x1b\x7f\r\n`) },
  { name: 'NUL', bytes: latin1(`${HEAD}a\0b\r\n`) },
  { name: 'a line of 2 MB', bytes: latin1(`${HEAD}${line(2_000_000)}\r\nend\r\n`) },
  { name: 'exactly 1 MiB', bytes: largeMessage(1_048_576) },
  { name: 'one byte over 1 MiB', bytes: largeMessage(1_048_577) },
  { name: 'exactly 2 MiB', bytes: largeMessage(2_097_152) },
  { name: '5 MB', bytes: largeMessage(5_000_000) },
  { name: '25 MB', bytes: largeMessage(25_000_000) },
];

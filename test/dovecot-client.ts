/** Another mail program at Dovecot: what it is served is what is to arrive. */
import { connect } from 'node:tls';
import type { Dovecot } from './dovecot.ts';

export interface Account {
  readonly dovecot: Dovecot;
  /** For the server's certificate. */
  readonly caPem: string;
  readonly username: string;
  readonly password: string;
}

/** All that the server says to these lines, which are sent together. */
async function told(port: number, ca: string, lines: readonly string[]): Promise<Buffer> {
  const socket = connect({ host: 'localhost', port, ca });
  socket.write(`${lines.join('\r\n')}\r\n`);
  const heard: Buffer[] = [];
  for await (const piece of socket) heard.push(piece);
  return Buffer.concat(heard);
}

/** Everything in INBOX, in order, as IMAP serves it. */
export async function readByImap({ dovecot, caPem, username, password }: Account): Promise<Buffer[]> {
  const login = `a LOGIN ${username} "${password}"`;
  const fetches = ['c UID FETCH 1:* RFC822.SIZE', 'd UID FETCH 1:* BODY.PEEK[]'];
  const lines = [login, 'b EXAMINE INBOX', ...fetches, 'e LOGOUT'];
  const all = await told(dovecot.ports.imaps, caPem, lines);
  const found: Buffer[] = [];
  for (let at = 0; ; ) {
    const literal = /BODY\[\] \{(\d+)\}\r\n/g;
    literal.lastIndex = at;
    const [start, size] = literal.exec(all.toString('latin1')) ?? [];
    if (start === undefined) return found;
    at = literal.lastIndex + Number(size);
    found.push(all.subarray(literal.lastIndex, at));
  }
}

/** The first `count` messages, in order, as POP3 serves them (RFC 1939 §3). */
export async function readByPop3(
  { dovecot, caPem, username, password }: Account,
  count: number,
): Promise<Buffer[]> {
  const retrievals = Array.from({ length: count }, (_, at) => `RETR ${at + 1}`);
  const lines = [`USER ${username}`, `PASS ${password}`, 'LIST', ...retrievals, 'QUIT'];
  const all = (await told(dovecot.ports.pop3s, caPem, lines)).toString('latin1');
  return [...all.matchAll(/^\+OK \d+ octets\r\n((?:[^\n]*\n)*?)\.\r\n/gm)].map(([, body = '']) =>
    Buffer.from(body.replace(/^\./gm, ''), 'latin1'),
  );
}

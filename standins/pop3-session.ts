/** One connection to the POP3 stand-in: the three states of RFC 1939, honest unless told to misbehave. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { type SecureContext, TLSSocket } from 'node:tls';
import { type DropMessage, type Maildrop, topOf, toWire } from './maildrop.ts';

export interface Account {
  readonly username: string;
  /** For XOAUTH2 the access token, where nobody is asked about tokens. */
  readonly password: string;
}

export type Pop3Auth = 'user' | 'plain' | 'apop' | 'xoauth2';

/** What a server may do wrong; all absent is an honest server. Read anew for every command. */
export interface Pop3Faults {
  /** Accepts the connection and never says a word. */
  silent?: boolean;
  greeting?: string;
  noCapa?: boolean;
  noUidl?: boolean;
  /** Gives every message this id. */
  sameUidl?: string;
  noPipelining?: boolean;
  /** Every byte in a write of its own. */
  bytewise?: boolean;
  /** Bytes of a RETR body after which nothing more comes, or the connection ends. */
  stallAt?: number;
  closeAt?: number;
  /** Sizes that LIST tells, from the real ones. */
  sizes?: (bytes: number) => number;
  /** What STAT says in any case. */
  stat?: string;
  /** Text of the -ERR that every login gets. */
  loginRefusal?: string;
  retrRefusal?: string;
  /** The verb that is answered by a line that does not end within a megabyte, or not answered. */
  hugeLineTo?: string;
  ignore?: string;
  /** The verb that is refused, and the one at which the connection ends without an answer. */
  refuse?: string;
  /** The whole command that is refused. */
  refuseLine?: string;
  hangUpAt?: string;
  refuseStls?: boolean;
  hideStls?: boolean;
  /** Said in plain together with the consent to STLS. */
  injectAtStls?: string;
}

export interface Pop3Host {
  readonly secureContext: SecureContext;
  readonly auth: readonly Pop3Auth[];
  readonly accounts: ReadonlyMap<string, { readonly account: Account; readonly maildrop: Maildrop }>;
  /** Whether the user may come in with this access token. */
  readonly tokens?: ((user: string, token: string) => boolean) | undefined;
  readonly faults: Pop3Faults;
  /** Every command line and its verb, and whether it came over TLS. */
  readonly heard: { readonly verb: string; readonly line: string; readonly secure: boolean }[];
}

const TIMESTAMP = '<1896.697170952@pop3.example.test>';
const digestOf = (password: string): string =>
  createHash('md5').update(TIMESTAMP).update(password).digest('hex');
const CRLF = '\r\n';

export class Pop3Session {
  readonly #host: Pop3Host;
  #socket: Socket;
  #secure: boolean;
  #user = '';
  #maildrop: Maildrop | undefined;
  /** Frozen at login. */
  #messages: readonly DropMessage[] = [];
  readonly #deleted = new Set<DropMessage>();

  constructor(host: Pop3Host, socket: Socket, secure: boolean) {
    this.#host = host;
    this.#socket = socket;
    this.#secure = secure;
  }

  /** Serves until the connection ends; its errors are the client's business. */
  async serve(): Promise<void> {
    const { faults, auth } = this.#host;
    if (faults.silent) return;
    const stamp = auth.includes('apop') ? ` ${TIMESTAMP}` : '';
    await this.#say(`${faults.greeting ?? `+OK stand-in ready${stamp}`}${CRLF}`);
    while (await this.#serveSocket());
  }

  /** True when STLS has put another socket in place. */
  async #serveSocket(): Promise<boolean> {
    const lines = createInterface({ input: this.#socket, crlfDelay: Number.POSITIVE_INFINITY });
    try {
      for await (const line of lines) {
        const [verb = '', ...words] = line.split(' ');
        this.#host.heard.push({ verb: verb.toUpperCase(), line, secure: this.#secure });
        if (verb.toUpperCase() === 'STLS' && !this.#secure && !this.#host.faults.refuseStls) {
          lines.close();
          await this.#startTls();
          return true;
        }
        await this.#answer(verb.toUpperCase(), words, lines);
      }
    } catch {
      this.#socket.destroy();
    }
    return false;
  }

  async #startTls(): Promise<void> {
    await this.#say(`+OK begin${CRLF}${this.#host.faults.injectAtStls ?? ''}`);
    this.#socket = new TLSSocket(this.#socket, { isServer: true, secureContext: this.#host.secureContext });
    this.#socket.on('error', () => this.#socket.destroy());
    this.#secure = true;
  }

  async #answer(verb: string, words: readonly string[], lines: AsyncIterable<string>): Promise<void> {
    const { faults } = this.#host;
    if (faults.ignore === verb) return;
    if (faults.hangUpAt === verb) return void this.#socket.destroy();
    if (faults.refuse === verb || faults.refuseLine === [verb, ...words].join(' '))
      return this.#say(`-ERR not today${CRLF}`);
    if (faults.hugeLineTo === verb) return this.#say(`+OK ${'x'.repeat(1_048_576)}`);
    if (verb === 'QUIT') return this.#quit();
    if (verb === 'CAPA')
      return this.#say(faults.noCapa ? `-ERR unknown command${CRLF}` : this.#capabilities());
    if (this.#maildrop) return this.#transact(verb, words);
    if (!this.#secure) return this.#say(`-ERR encrypt first${CRLF}`);
    return this.#authorize(verb, words, lines);
  }

  #capabilities(): string {
    const { faults, auth } = this.#host;
    const sasl = auth.filter((way) => way === 'plain' || way === 'xoauth2').map((way) => way.toUpperCase());
    const capabilities = [
      'TOP',
      'RESP-CODES',
      ...(faults.noUidl ? [] : ['UIDL']),
      ...(faults.noPipelining ? [] : ['PIPELINING']),
      ...(this.#secure || faults.hideStls ? [] : ['STLS']),
      ...(this.#secure && auth.includes('user') ? ['USER'] : []),
      ...(this.#secure && sasl.length > 0 ? [`SASL ${sasl.join(' ')}`] : []),
    ];
    return `+OK${CRLF}${capabilities.join(CRLF)}${CRLF}.${CRLF}`;
  }

  async #authorize(verb: string, words: readonly string[], lines: AsyncIterable<string>): Promise<void> {
    const { auth } = this.#host;
    const rest = words.join(' ');
    if (verb === 'USER' && auth.includes('user')) {
      this.#user = rest;
      return this.#say(`+OK${CRLF}`);
    }
    if (verb === 'PASS' && auth.includes('user'))
      return this.#admit(this.#user, (password) => password === rest);
    if (verb === 'APOP' && auth.includes('apop')) {
      return this.#admit(words[0] ?? '', (password) => digestOf(password) === words[1]);
    }
    const mechanism = verb === 'AUTH' ? words[0]?.toLowerCase() : undefined;
    if (mechanism === 'plain' && auth.includes('plain')) {
      const [, user = '', secret = ''] = (await this.#initial(words[1], lines)).split('\0');
      return this.#admit(user, (password) => password === secret);
    }
    if (mechanism === 'xoauth2' && auth.includes('xoauth2')) return this.#admitByToken(words[1], lines);
    return this.#say(`-ERR unknown command${CRLF}`);
  }

  async #admitByToken(initial: string | undefined, lines: AsyncIterable<string>): Promise<void> {
    const message = await this.#initial(initial, lines);
    const [, user = '', token = ''] = /^user=(.*)\x01auth=Bearer (.*)\x01\x01$/.exec(message) ?? [];
    const { tokens } = this.#host;
    const knows = (password: string) => (tokens ? tokens(user, token) : password === token);
    if (!knows(this.#host.accounts.get(user)?.account.password ?? '\0')) {
      await this.#say(`+ ${Buffer.from('{"status":"400"}').toString('base64')}${CRLF}`);
      await nextLine(lines);
    }
    return this.#admit(user, knows);
  }

  /** The initial response, asked for when the command did not bring it (RFC 5034 §4). */
  async #initial(word: string | undefined, lines: AsyncIterable<string>): Promise<string> {
    if (word === undefined) await this.#say(`+ ${CRLF}`);
    return Buffer.from(word ?? (await nextLine(lines)), 'base64').toString();
  }

  async #admit(username: string, knows: (password: string) => boolean): Promise<void> {
    const { faults, accounts } = this.#host;
    const found = accounts.get(username);
    if (faults.loginRefusal !== undefined) return this.#say(`-ERR ${faults.loginRefusal}${CRLF}`);
    if (!found || !knows(found.account.password)) return this.#say(`-ERR [AUTH] no${CRLF}`);
    this.#maildrop = found.maildrop;
    this.#messages = found.maildrop.messages;
    return this.#say(`+OK logged in${CRLF}`);
  }

  async #transact(verb: string, words: readonly string[]): Promise<void> {
    const { faults } = this.#host;
    const sizeOf = ({ bytes }: DropMessage): number => faults.sizes?.(bytes.length) ?? bytes.length;
    switch (verb) {
      case 'STAT': {
        const held = this.#held();
        const octets = held.reduce((sum, { message }) => sum + sizeOf(message), 0);
        return this.#say(`+OK ${faults.stat ?? `${held.length} ${octets}`}${CRLF}`);
      }
      case 'NOOP':
        return this.#say(`+OK${CRLF}`);
      case 'RSET':
        this.#deleted.clear();
        return this.#say(`+OK${CRLF}`);
      case 'UIDL':
        if (faults.noUidl) return this.#say(`-ERR unknown command${CRLF}`);
        return this.#table(
          this.#held().map(({ message, number }) => `${number} ${faults.sameUidl ?? message.uidl}`),
        );
      case 'LIST':
        return this.#table(this.#held().map(({ message, number }) => `${number} ${sizeOf(message)}`));
    }
    const one = this.#messages[Number(words[0]) - 1];
    if (!one || this.#deleted.has(one) || !['DELE', 'TOP', 'RETR'].includes(verb))
      return this.#say(`-ERR no such message${CRLF}`);
    if (verb === 'TOP') return this.#say(body(toWire(topOf(one.bytes, Number(words[1])))));
    if (verb === 'RETR') return this.#retrieve(one);
    this.#deleted.add(one);
    return this.#say(`+OK${CRLF}`);
  }

  #held(): readonly { readonly message: DropMessage; readonly number: number }[] {
    return this.#messages.flatMap((message, index) =>
      this.#deleted.has(message) ? [] : [{ message, number: index + 1 }],
    );
  }

  #table(rows: readonly string[]): Promise<void> {
    return this.#say([`+OK ${rows.length}`, ...rows, '.', ''].join(CRLF));
  }

  async #retrieve(message: DropMessage): Promise<void> {
    const { retrRefusal, stallAt, closeAt } = this.#host.faults;
    if (retrRefusal !== undefined) return this.#say(`-ERR ${retrRefusal}${CRLF}`);
    const wire = toWire(message.bytes);
    const end = closeAt ?? stallAt;
    if (end === undefined || end >= wire.length) return this.#say(body(wire));
    await this.#say(body(wire.subarray(0, end)));
    if (closeAt !== undefined) this.#socket.end();
    // A stall lasts until the client has had enough.
    await once(this.#socket, 'close');
  }

  /** The UPDATE state: only here are messages removed (RFC 1939 §6). */
  async #quit(): Promise<void> {
    this.#maildrop?.remove(this.#deleted);
    await this.#say(`+OK bye${CRLF}`);
    this.#socket.end();
  }

  async #say(text: string | Buffer): Promise<void> {
    const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
    if (!this.#host.faults.bytewise) return write(this.#socket, bytes);
    for (const byte of bytes) await write(this.#socket, Buffer.from([byte]));
  }
}

const body = (wire: Buffer): Buffer => Buffer.concat([Buffer.from(`+OK${CRLF}`), wire]);

async function nextLine(lines: AsyncIterable<string>): Promise<string> {
  const next = await lines[Symbol.asyncIterator]().next();
  return next.done ? '' : next.value;
}

/** Resolves when the bytes have left: so a slow client slows the server down. */
const write = (socket: Socket, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.write(bytes, (error) => (error ? reject(error) : resolve()));
  });

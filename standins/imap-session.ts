/** One client's session at the stand-in IMAP server: IMAP4rev1 (RFC 3501) as far as reading mail needs it. */
import type { Socket } from 'node:net';
import { CHANGING, changeMail } from './imap-changes.ts';
import { readClaim, type TokenCheck } from './imap-login.ts';
import { type Output, statusRow, writeRow } from './imap-rows.ts';
import type { Account, ImapStore, StoredFolder, StoredMessage } from './imap-store.ts';
import { type Command, CommandReader, parseDay, parseSet } from './imap-syntax.ts';
import { capabilitiesOf, type ImapTricks, refusalOf } from './imap-tricks.ts';

export interface SessionEnvironment {
  readonly store: ImapStore;
  readonly tricks: ImapTricks;
  /** Commands as they come, without arguments. */
  readonly commands: string[];
  /** What a client did that changes mail. */
  readonly changes: string[];
  /** Present: access tokens are taken, and no passwords. */
  readonly tokens?: TokenCheck | undefined;
  /** The TLS side of a plain socket. */
  upgrade(socket: Socket): Promise<Socket>;
}

export class ImapServerSession {
  readonly #env: SessionEnvironment;
  #socket: Socket;
  #reader: CommandReader;
  #secure: boolean;
  #account: Account | undefined;
  #folder: StoredFolder | undefined;
  #readOnly = false;
  /** What is said no longer reaches the client. */
  #mute = false;
  /** The messages by sequence number, as this client knows them. */
  #view: StoredMessage[] = [];

  constructor(socket: Socket, secure: boolean, env: SessionEnvironment) {
    this.#socket = socket;
    this.#reader = new CommandReader(socket);
    this.#secure = secure;
    this.#env = env;
  }

  /** Serves until the client leaves. */
  async run(): Promise<void> {
    const { tricks, commands } = this.#env;
    if (!tricks.stall?.has('GREETING')) await this.#say(tricks.greeting ?? '* OK stand-in ready');
    for (;;) {
      const command = await this.#reader.command();
      if (!command) return;
      commands.push(command.name);
      tricks.hear?.(command.name);
      const lost = tricks.lose?.command === command.name ? tricks.lose.when : null;
      if (lost === 'before') return;
      if (tricks.stall?.has(command.name)) continue;
      this.#mute = lost === 'after';
      if ((await this.#answer(command)) === 'end' || lost === 'after') return;
    }
  }

  async #say(line: string | Uint8Array): Promise<void> {
    if (this.#mute) return;
    const more = typeof line === 'string' ? this.#socket.write(`${line}\r\n`) : this.#socket.write(line);
    if (more || this.#socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#socket.off('drain', done).off('close', done);
        resolve();
      };
      this.#socket.on('drain', done).on('close', done);
    });
  }

  get #capabilities(): string {
    return capabilitiesOf(this.#env.tricks, this.#secure, this.#env.tokens !== undefined);
  }

  async #answer(command: Command): Promise<'end' | undefined> {
    const { tag, name, args } = command;
    const refusal = refusalOf(this.#env.tricks, command);
    if (refusal !== undefined) return await this.#done(tag, `NO ${refusal}`);
    if (CHANGING.test(name)) {
      this.#env.changes.push(name);
      return await this.#change(command);
    }
    switch (name) {
      case 'CAPABILITY':
        await this.#say(`* CAPABILITY ${this.#capabilities}`);
        return await this.#done(tag, 'OK done');
      case 'ID':
        await this.#say('* ID ("name" "stand-in")');
        return await this.#done(tag, 'OK done');
      case 'NOOP':
        await this.#sync();
        return await this.#done(tag, 'OK done');
      case 'LOGOUT':
        await this.#say('* BYE see you');
        await this.#done(tag, 'OK done');
        await this.#reader.line();
        return 'end';
      case 'STARTTLS':
        return await this.#startTls(tag);
      case 'LOGIN':
        return await this.#login(tag, args[0], args[1]);
      case 'AUTHENTICATE':
        return await this.#authenticate(tag, args);
    }
    if (!this.#account) return await this.#done(tag, 'BAD log in first');
    return await this.#answerUser(command, this.#account);
  }

  async #answerUser({ tag, name, args }: Command, account: Account): Promise<undefined> {
    switch (name) {
      case 'NAMESPACE':
        await this.#say('* NAMESPACE (("" "/")) NIL NIL');
        return await this.#done(tag, 'OK done');
      case 'LIST':
      case 'LSUB': {
        const wanted = args[1] ?? '*';
        for (const folder of account.folders.keys()) {
          if (/[*%]/.test(wanted) || wanted === folder)
            await this.#say(`* ${name} (${this.#flagsOf(folder)}) "/" "${folder}"`);
        }
        return await this.#done(tag, 'OK done');
      }
      case 'STATUS':
        return await this.#status(tag, args, account);
      case 'SELECT':
      case 'EXAMINE':
        return await this.#select(tag, account.folders.get(args[0] ?? ''), name === 'EXAMINE');
    }
    if (!this.#folder) return await this.#done(tag, 'BAD not now');
    switch (name) {
      case 'UID SEARCH':
        return await this.#search(tag, args);
      case 'UID FETCH':
        return await this.#fetch(tag, args);
      case 'IDLE':
        return await this.#idle(tag);
      case 'CLOSE':
      case 'UNSELECT':
        this.#folder = undefined;
        return await this.#done(tag, 'OK done');
    }
    return await this.#done(tag, 'BAD unknown command');
  }

  async #change(command: Command): Promise<undefined> {
    const { tricks } = this.#env;
    const [folder, account] = [this.#folder, this.#account];
    if (!folder || !account) return await this.#done(command.tag, 'NO open a folder first');
    const text = changeMail(command, { folder, account, tricks, readOnly: this.#readOnly });
    await this.#sync();
    return await this.#done(command.tag, text);
  }

  #flagsOf(folder: string): string {
    const told = this.#env.tricks.folderFlags?.get(folder);
    return told === undefined ? '\\HasNoChildren' : `\\HasNoChildren ${told}`;
  }

  async #done(tag: string, text: string): Promise<undefined> {
    await this.#say(`${tag} ${text}`);
  }

  async #startTls(tag: string): Promise<undefined> {
    const { tricks, upgrade } = this.#env;
    if (this.#secure || tricks.without?.has('STARTTLS')) return await this.#done(tag, 'BAD not offered');
    await this.#say(`${tag} OK go ahead${tricks.injected === undefined ? '' : `\r\n${tricks.injected}`}`);
    this.#socket = await upgrade(this.#socket);
    // What came in plain after the command is dropped with the old reader.
    this.#reader = new CommandReader(this.#socket);
    this.#secure = true;
  }

  async #login(tag: string, user = '', secret = '', vouched = false): Promise<undefined> {
    if (!this.#secure) return await this.#done(tag, 'NO [PRIVACYREQUIRED] encrypt first');
    const account = this.#env.store.account(user);
    if (!account || (this.#env.tokens ? !vouched : account.password !== secret)) {
      return await this.#done(tag, 'NO [AUTHENTICATIONFAILED] wrong user name or password');
    }
    this.#account = account;
    return await this.#done(tag, `OK [CAPABILITY ${this.#capabilities}] welcome`);
  }

  async #authenticate(tag: string, args: readonly string[]): Promise<undefined> {
    const ask = async (line: string) => {
      await this.#say(line);
      return (await this.#reader.line()) ?? '';
    };
    const claim = await readClaim(args, this.#env.tokens, ask);
    if (claim === null) return await this.#done(tag, 'NO unknown mechanism');
    return await this.#login(tag, claim.user, claim.secret, claim.vouched);
  }

  async #status(tag: string, [name = '', ...items]: readonly string[], account: Account): Promise<undefined> {
    const folder = account.folders.get(name);
    if (!folder) return await this.#done(tag, 'NO [NONEXISTENT] no such folder');
    await this.#say(statusRow(name, folder, items.includes('SIZE')));
    return await this.#done(tag, 'OK done');
  }

  async #select(tag: string, folder: StoredFolder | undefined, readOnly: boolean): Promise<undefined> {
    this.#folder = folder;
    this.#readOnly = readOnly;
    if (!folder) return await this.#done(tag, 'NO [NONEXISTENT] no such folder');
    this.#view = [...folder.messages];
    await this.#say(`* FLAGS (\\Seen \\Deleted)\r\n* ${this.#view.length} EXISTS\r\n* 0 RECENT`);
    await this.#say(`* OK [UIDVALIDITY ${folder.uidValidity}] valid`);
    if (!this.#env.tricks.noUidNext) await this.#say(`* OK [UIDNEXT ${folder.uidNext}] predicted`);
    return await this.#done(tag, `OK [${readOnly ? 'READ-ONLY' : 'READ-WRITE'}] open`);
  }

  /** Tells what has changed since the client last heard: EXPUNGE from the top, then EXISTS. */
  async #sync(): Promise<void> {
    if (!this.#folder) return;
    const now = new Set(this.#folder.messages);
    for (let at = this.#view.length - 1; at >= 0; at -= 1) {
      const message = this.#view[at];
      if (message && now.has(message)) continue;
      this.#view.splice(at, 1);
      await this.#say(`* ${at + 1} EXPUNGE`);
    }
    if (this.#view.length === this.#folder.messages.length) return;
    this.#view = [...this.#folder.messages];
    await this.#say(`* ${this.#view.length} EXISTS`);
  }

  /** The messages of a UID set that the client may know of, and whether the limit left some out. */
  #pick(set: string): { picked: { seq: number; message: StoredMessage }[]; limited: boolean } {
    const isWanted = parseSet(set, this.#view.at(-1)?.uid ?? 0);
    const there = new Set(this.#folder?.messages);
    const all = this.#view
      .map((message, at) => ({ seq: at + 1, message }))
      .filter(({ message }) => there.has(message) && isWanted(message.uid));
    const limit = this.#env.tricks.messageLimit ?? all.length;
    return { picked: all.slice(Math.max(0, all.length - limit)), limited: all.length > limit };
  }

  get #output(): Output {
    return {
      ...this.#env,
      readOnly: this.#readOnly,
      say: (line) => this.#say(line),
      cut: () => this.#socket.destroySoon(),
    };
  }

  #completed(limited: boolean): string {
    return limited ? `OK [MESSAGELIMIT ${this.#env.tricks.messageLimit}] partial` : 'OK done';
  }

  async #search(tag: string, args: readonly string[]): Promise<undefined> {
    let set = '1:*';
    let since = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < args.length; at += 1) {
      const key = args[at]?.toUpperCase();
      if (key === 'UID') set = args[++at] ?? '';
      else if (key === 'SINCE') since = parseDay(args[++at] ?? '');
      else if (key !== 'ALL') return await this.#done(tag, 'BAD unknown search key');
    }
    const { picked, limited } = this.#pick(set);
    const uids = picked
      .filter(({ message }) => message.at.getTime() >= since)
      .map(({ message }) => message.uid);
    await this.#say(`* SEARCH${uids.map((uid) => ` ${uid}`).join('')}`);
    return await this.#done(tag, this.#completed(limited));
  }

  async #fetch(tag: string, [set = '', ...items]: readonly string[]): Promise<undefined> {
    const { tricks } = this.#env;
    const { picked, limited } = this.#pick(set);
    const wanted = items.filter((item) => item !== '(' && item !== ')').map((item) => item.toUpperCase());
    const wantsBody = wanted.some((item) => item.startsWith('BODY'));
    for (const { seq, message } of picked) {
      if (wantsBody && tricks.unreadable?.has(message.uid))
        return await this.#done(tag, 'NO that message cannot be read');
      if (tricks.breaksAt?.has(message.uid) && (wantsBody || wanted.includes('RFC822.SIZE')))
        return void this.#socket.end('* BYE FETCH failed: Internal error occurred.\r\n');
      if (tricks.silentOn?.has(message.uid)) continue;
      await writeRow(this.#output, seq, message, wanted);
    }
    return await this.#done(tag, this.#completed(limited));
  }

  async #idle(tag: string): Promise<undefined> {
    const { tricks } = this.#env;
    const folder = this.#folder;
    await this.#say('+ idling');
    let told: Promise<void> = tricks.deadIdle ? Promise.resolve() : this.#sync();
    const tell = () => {
      if (!tricks.deadIdle) told = told.then(() => this.#sync());
    };
    folder?.watchers.add(tell);
    const line = await this.#reader.line();
    folder?.watchers.delete(tell);
    if (tricks.deadIdle) return;
    await told;
    if (line !== null) await this.#done(tag, line.toUpperCase() === 'DONE' ? 'OK done' : 'BAD expected DONE');
  }
}

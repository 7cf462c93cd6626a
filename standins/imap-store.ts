/** The mail of the stand-in IMAP server, in memory. */
export interface StoredMessage {
  readonly uid: number;
  readonly bytes: Uint8Array;
  readonly at: Date;
  readonly flags: Set<string>;
}

export interface StoredFolder {
  uidValidity: number;
  uidNext: number;
  messages: StoredMessage[];
  /** Sessions that have the folder open and wait for changes. */
  readonly watchers: Set<() => void>;
}

export interface Account {
  readonly password: string;
  readonly folders: Map<string, StoredFolder>;
}

export interface Placement {
  /** Default INBOX; created when missing. ASCII only. */
  readonly folder?: string | undefined;
  /** INTERNALDATE; default now. */
  readonly at?: Date | undefined;
}

export class ImapStore {
  readonly #accounts = new Map<string, Account>();

  addUser(name: string, password: string): void {
    this.#accounts.set(name, { password, folders: new Map() });
    this.folder(name);
  }

  /** For logins from now on; sessions go on. */
  setPassword(name: string, password: string): void {
    const account = this.#accounts.get(name);
    if (!account) throw new RangeError('no such user');
    this.#accounts.set(name, { ...account, password });
  }

  account(name: string): Account | undefined {
    return this.#accounts.get(name);
  }

  folder(user: string, name = 'INBOX'): StoredFolder {
    const account = this.#accounts.get(user);
    if (!account) throw new RangeError('no such user');
    let folder = account.folders.get(name);
    if (!folder) {
      folder = {
        uidValidity: 1_000_000 + account.folders.size,
        uidNext: 1,
        messages: [],
        watchers: new Set(),
      };
      account.folders.set(name, folder);
    }
    return folder;
  }

  /** The bytes are kept, not copied. Returns the UID. */
  append(user: string, bytes: Uint8Array, { folder: name, at = new Date() }: Placement = {}): number {
    const folder = this.folder(user, name);
    const uid = folder.uidNext;
    folder.uidNext += 1;
    folder.messages.push({ uid, bytes, at, flags: new Set() });
    for (const tell of folder.watchers) tell();
    return uid;
  }

  remove(user: string, uid: number, name?: string): void {
    const folder = this.folder(user, name);
    folder.messages = folder.messages.filter((message) => message.uid !== uid);
    for (const tell of folder.watchers) tell();
  }

  /** New UIDVALIDITY, and the messages numbered anew from 1 as after a restore. */
  renumber(user: string, uidValidity: number, name?: string): void {
    const folder = this.folder(user, name);
    folder.uidValidity = uidValidity;
    folder.messages = folder.messages.map((message, at) => ({ ...message, uid: at + 1 }));
    folder.uidNext = folder.messages.length + 1;
  }

  /** As if that many UIDs had been given out and their messages removed. */
  skipUids(user: string, count: number, name?: string): void {
    this.folder(user, name).uidNext += count;
  }
}

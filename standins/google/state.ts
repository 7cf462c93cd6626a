/** What the stand-in for Google knows: accounts, grants, upload sessions, messages, and the faults asked for. */
import type { Hash } from 'node:crypto';
import type { FaultRules } from './faults.ts';
import type { Keys } from './keys.ts';
import type { MessageCheck } from './message.ts';
import type { Quotas } from './quotas.ts';

export interface Account {
  readonly sub: string;
  readonly email: string;
  /** The user's own labels, id → name. */
  readonly labels: Map<string, string>;
  /** Ever: an id is never used again. */
  labelsMade: number;
}

export interface Grant {
  readonly account: Account;
  readonly scopes: readonly string[];
  /** null: consent was given without offline access. */
  readonly refreshToken: string | null;
}

export interface AccessToken {
  readonly grant: Grant;
  readonly expiresAt: number;
}

/** A consent waiting to be exchanged; one use, ten minutes. */
export interface AuthorizationCode {
  readonly account: Account;
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  readonly codeChallenge: string;
  readonly nonce: string;
  readonly offline: boolean;
  readonly expiresAt: number;
}

export interface StoredMessage {
  readonly id: string;
  readonly threadId: string;
  readonly account: string;
  readonly sha256: string;
  readonly size: number;
  readonly labelIds: readonly string[];
  readonly neverMarkSpam: boolean;
  /** ms since the epoch. */
  readonly internalDate: number;
  readonly receivedAt: number;
  readonly from: string;
  readonly subject: string;
  readonly messageId: string;
  /** The bytes, for messages up to `keepBytes`. */
  readonly raw: Buffer | null;
}

export interface ImportSettings {
  readonly labelIds: readonly string[];
  readonly internalDateSource: 'dateHeader' | 'receivedTime';
  readonly neverMarkSpam: boolean;
}

export interface UploadSession {
  readonly id: string;
  readonly account: Account;
  readonly settings: ImportSettings;
  readonly expiresAt: number;
  readonly hash: Hash;
  readonly check: MessageCheck;
  stored: number;
  /** As declared by X-Upload-Content-Length or a Content-Range; null: not yet. */
  total: number | null;
  outcome: Outcome | null;
  /** The request whose bytes are being taken; a later one takes over. */
  writer: object | null;
  /** What a query is told while a commit is held back: bytes before the last chunk. */
  heldFrom: number | null;
}

/** What a finished session answers, however often it is asked. */
export type Outcome =
  | { readonly kind: 'message'; readonly message: StoredMessage }
  | { readonly kind: 'refused'; readonly message: string };

export interface LogEntry {
  readonly method: string;
  /** Without the query, which may hold secrets. */
  readonly path: string;
  readonly account: string | null;
  readonly status: number;
}

export interface Settings {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Exact redirect URIs; null: any on loopback. */
  readonly redirectUris: readonly string[] | null;
  readonly accessTokenSeconds: number;
  readonly sessionSeconds: number;
  readonly maxMessageBytes: number;
  /** Merge a second import of one Message-ID, as Gmail is said to. */
  readonly dedupe: boolean;
  readonly keepBytes: number;
  readonly rangeSpelling: 'bytes=' | '';
  readonly now: () => number;
}

export interface State {
  readonly settings: Settings;
  /** What the id tokens name as issuer. */
  readonly issuer: string;
  readonly origin: string;
  readonly keys: Keys;
  readonly accounts: Map<string, Account>;
  readonly codes: Map<string, AuthorizationCode>;
  /** By refresh token, oldest first. */
  readonly grants: Map<string, Grant>;
  readonly accessTokens: Map<string, AccessToken>;
  readonly sessions: Map<string, UploadSession>;
  readonly messages: StoredMessage[];
  readonly log: LogEntry[];
  readonly faults: FaultRules;
  readonly quotas: Quotas;
  /** Commits held back by the fault `hold`, until released. */
  readonly held: (() => void)[];
}

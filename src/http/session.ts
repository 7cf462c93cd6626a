/** Who is calling: by session cookie (a browser) or by API key (a program). Only hashes are in the database. */
import { createHash, randomBytes } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { type KeyScope, missingScope } from '../core/api-key.ts';
import type { UserId } from '../core/mailbox.ts';
import { findApiKey } from '../db/api-keys.ts';
import { createSession, deleteSession, findSessionUser } from '../db/sessions.ts';
import { browserName } from './browser-name.ts';
import { clearCookie, readCookie, setCookie } from './cookies.ts';
import { HttpError } from './errors.ts';
import type { Parts } from './parts.ts';

export interface Caller {
  readonly kind: 'session' | 'key';
  readonly userId: UserId;
  /** SHA-256 of the session token or API key. */
  readonly hash: Uint8Array;
  /** What the caller may do; a person may do everything. */
  readonly scopes: readonly KeyScope[];
}

const SESSION_MS = 7 * 24 * 3600 * 1000;

/** 32 random bytes as base64url. */
export const newToken = (): string => randomBytes(32).toString('base64url');
export const hashToken = (token: string): Uint8Array =>
  new Uint8Array(createHash('sha256').update(token).digest());

/** An Authorization header decides alone, so that a bearer call can never ride on a cookie. */
export async function identify(parts: Parts, req: Request): Promise<Caller | null> {
  const { authorization } = req.headers;
  if (authorization !== undefined) {
    const key = /^Bearer ([\x21-\x7e]{1,200})$/i.exec(authorization)?.[1];
    if (key === undefined) return null;
    const hash = hashToken(key);
    const found = await parts.database.asNobody((tx) => findApiKey(tx, hash));
    return found === null ? null : { kind: 'key', hash, ...found };
  }
  const token = readCookie(req, 'session', parts.settings.publicUrl);
  if (token === null) return null;
  const hash = hashToken(token);
  const userId = await parts.database.asNobody((tx) => findSessionUser(tx, hash));
  return userId === null ? null : { kind: 'session', userId, hash, scopes: ['full'] };
}

/** A fresh session for this browser; the one it had, whoever's it was, ends. */
export async function openSession(parts: Parts, req: Request, res: Response, userId: UserId): Promise<void> {
  await forgetSession(parts, req);
  const token = newToken();
  await parts.database.withTenant(userId, (tx) =>
    createSession(tx, {
      tokenHash: hashToken(token),
      userId,
      lifetimeMs: SESSION_MS,
      browser: browserName(req.headers['user-agent']),
    }),
  );
  setCookie(res, 'session', token, SESSION_MS, parts.settings.publicUrl);
}

/** Ends this browser's session, if it has one. */
export async function endSession(parts: Parts, req: Request, res: Response): Promise<void> {
  await forgetSession(parts, req);
  clearCookie(res, 'session', parts.settings.publicUrl);
}

async function forgetSession(parts: Parts, req: Request): Promise<void> {
  const token = readCookie(req, 'session', parts.settings.publicUrl);
  if (token === null) return;
  const hash = hashToken(token);
  const userId = await parts.database.asNobody((tx) => findSessionUser(tx, hash));
  if (userId !== null) await parts.database.withTenant(userId, (tx) => deleteSession(tx, hash));
}

export const callerOf = (res: Response): Caller => {
  const caller: Caller | undefined = res.locals.caller;
  if (caller === undefined) throw new HttpError('unauthorized');
  return caller;
};

/** Lets only identified callers pass; `callerOf` tells who it is. */
export const requireCaller =
  (parts: Parts): RequestHandler =>
  async (req, res, next) => {
    const caller = await identify(parts, req);
    if (caller === null) {
      res.set('WWW-Authenticate', 'Bearer');
      throw new HttpError('unauthorized');
    }
    res.locals.caller = caller;
    next();
  };

/** Lets a key pass only if it may do what this takes. */
export const requireScopes =
  (needed: readonly KeyScope[]): RequestHandler =>
  (_req, res, next) => {
    const missing = missingScope(callerOf(res).scopes, needed);
    if (missing !== null)
      throw new HttpError(
        'scope-missing',
        `This API key lacks the scope “${missing}”, which this call takes.`,
      );
    next();
  };

/** A form on our pages, or the end of a session: a cookie alone vouches for it, whatever else was sent. */
export const requireOwnForm =
  (publicUrl: string): RequestHandler =>
  (req, _res, next) => {
    if (req.headers.origin !== publicUrl) throw new HttpError('origin-refused');
    next();
  };

/**
 * A write that a cookie vouches for must come from our own pages: its Origin must be there and ours. Calls with
 * an Authorization header are exempt, because no foreign page can make a browser send one.
 */
export const requireOwnOrigin =
  (publicUrl: string): RequestHandler =>
  (req, _res, next) => {
    const safe = req.method === 'GET' || req.method === 'HEAD';
    if (!safe && req.headers.authorization === undefined && req.headers.origin !== publicUrl)
      throw new HttpError('origin-refused');
    next();
  };

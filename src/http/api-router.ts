/** Serves exactly the operations of operations.ts: who, from where, how often, then parsed input to a handler. */
import { isUtf8 } from 'node:buffer';
import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import type { z } from 'zod';
import type { UserId } from '../core/mailbox.ts';
import { HttpError, parseInput } from './errors.ts';
import type { Limits } from './limits.ts';
import { OPERATIONS, type Operation, type OperationName } from './operations.ts';
import type { Parts } from './parts.ts';
import { type Caller, callerOf, requireCaller, requireOwnOrigin, requireScopes } from './session.ts';

type Parsed<O, K extends string> = O extends Record<K, infer S extends z.ZodType> ? z.infer<S> : undefined;

export interface Call<N extends OperationName> {
  readonly userId: UserId;
  readonly caller: Caller;
  /** The path's `:id`, checked; empty where the path has none. */
  readonly id: string;
  readonly query: Parsed<(typeof OPERATIONS)[N], 'query'>;
  readonly body: Parsed<(typeof OPERATIONS)[N], 'body'>;
  readonly req: Request;
  readonly res: Response;
}

/** Answers with the operation's JSON; where that is none, `undefined`, having streamed what there is. */
export type Handlers = {
  readonly [N in OperationName]: (call: Call<N>) => Promise<Parsed<(typeof OPERATIONS)[N], 'answer'>>;
};

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const ENTRY_ID = /^[1-9]\d{0,17}$/;

/** No compressed bodies: what is accepted is small, and nothing can unfold to more. */
const parseJson = express.json({ limit: '64kb', inflate: false });

export function createApiRouter(parts: Parts, limits: Limits, handlers: Handlers): Router {
  const router = Router();
  for (const name of Object.keys(OPERATIONS) as OperationName[]) {
    const operation: Operation = OPERATIONS[name];
    router[operation.method](
      operation.path,
      requireCaller(parts),
      requireOwnOrigin(parts.settings.publicUrl),
      requireScopes(operation.scopes),
      ...bodyOf(operation),
      parseCall(operation),
      // After parsing: what is refused makes nobody dial.
      ...(operation.dials ? [limits.dial] : []),
      serve(operation, handlers[name] as Handler, limits),
    );
  }
  return router;
}

/** A list of a hundred mailboxes with every option fits. */
const readBytes = express.raw({ type: 'text/csv', limit: '256kb', inflate: false });

const bodyOf = (operation: Operation): RequestHandler[] => {
  if (!operation.body) return [];
  return operation.bodyIs === 'csv' ? [requireCsv, readBytes, decodeText] : [requireJson, parseJson];
};

const requireCsv: RequestHandler = (req, _res, next) => {
  if (req.is('text/csv') === false)
    throw new HttpError('unsupported-media-type', 'Send the body as text/csv.');
  next();
};

/** Strictly: a password with characters of another encoding would be another password. */
const decodeText: RequestHandler = (req, _res, next) => {
  if (Buffer.isBuffer(req.body)) {
    if (!isUtf8(req.body)) throw new HttpError('invalid-request', 'body: must be UTF-8');
    req.body = req.body.toString('utf8');
  }
  next();
};

type Handler = (call: Call<OperationName>) => Promise<unknown>;

/** No body at all passes: whether one is needed is the schema's to say. */
const requireJson: RequestHandler = (req, _res, next) => {
  if (req.headers['content-length'] !== '0' && req.is('application/json') === false)
    throw new HttpError('unsupported-media-type');
  next();
};

const parseCall =
  (operation: Operation): RequestHandler =>
  (req, res, next) => {
    const { id = '', ...others } = req.params;
    const isId = operation.idIs === 'entry' ? ENTRY_ID : UUID;
    if (
      typeof id !== 'string' ||
      (operation.path.includes(':id') && !isId.test(id)) ||
      Object.values(others).some((other) => typeof other !== 'string' || !UUID.test(other))
    )
      throw new HttpError('not-found');
    const body: unknown = req.body ?? (operation.bodyOptional ? {} : undefined);
    res.locals.call = {
      id,
      query: operation.query && parseInput(operation.query, req.query, 'query'),
      body: operation.body && parseInput(operation.body, body),
    };
    next();
  };

const serve =
  (operation: Operation, handle: Handler, { turns }: Limits): RequestHandler =>
  async (req, res) => {
    const caller = callerOf(res);
    const parsed: Pick<Call<OperationName>, 'id' | 'query' | 'body'> = res.locals.call;
    const work = () => handle({ ...parsed, userId: caller.userId, caller, req, res });
    const answer = await (operation.costs ? turns[operation.costs](caller.userId, work) : work());
    if (operation.answer) res.status(operation.status).json(answer);
    else if (operation.status === 204) res.status(204).end();
  };

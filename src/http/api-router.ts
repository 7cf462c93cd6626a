/** Serves exactly the operations of operations.ts: who, from where, how often, then parsed input to a handler. */
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
      ...(operation.body ? [requireJson, parseJson] : []),
      parseCall(operation),
      // After parsing: what is refused makes nobody dial.
      ...(operation.dials ? [limits.dial] : []),
      serve(operation, handlers[name] as Handler, limits),
    );
  }
  return router;
}

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
    const { id = '' } = req.params;
    if (
      typeof id !== 'string' ||
      (operation.path.includes(':id') && !(operation.idIs === 'entry' ? ENTRY_ID : UUID).test(id))
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

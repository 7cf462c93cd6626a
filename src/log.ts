/**
 * The structured log: one JSON line per event on standard output, written synchronously so that the last words
 * of a dying process are not lost, and without worker threads, which the permission model forbids.
 *
 * Only the fields of `LogFields` pass, and of an error only what cannot quote the other side: its class,
 * codes, and stack frames. A Fault's message is from our own catalogue and passes; any other message could
 * hold a password or somebody's mail and does not.
 */
import { pino } from 'pino';
import { FAULTS, isFault } from './core/fault.ts';
import type { Log, LogFields } from './core/ports.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const TEXT = /^[\w.:/*-]{1,200}$/;
const CLASS_NAME = /^[A-Za-z_$][\w$]{0,60}$/;
/** Codes of Node (`ECONNRESET`, `ERR_…`) and PostgreSQL (SQLSTATE). */
const ERROR_CODE = /^(?:E[A-Z0-9_]{2,60}|[0-9A-Z]{5})$/;
const FRAME = /^ {4}at (?:[\w$.<>[\] ]{1,120} \()?(?:node:|file:\/\/\/|\/)[^\s()]{1,300}:\d+:\d+\)?$/;
const MAX_FRAMES = 12;
const MAX_CAUSES = 4;

type Pass = (value: unknown) => unknown;
const text: Pass = (value) => (typeof value === 'string' && TEXT.test(value) ? value : undefined);
const number: Pass = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);

const ALLOWED: Record<keyof LogFields, Pass> = {
  mailboxId: text,
  userId: text,
  workerId: text,
  code: text,
  count: number,
  bytes: number,
  ms: number,
  status: number,
  route: text,
  method: text,
  port: number,
  version: text,
  error: (value) => describeError(value, MAX_CAUSES),
};

export interface LogOptions {
  /** pino's: `trace` … `fatal`, or `silent`. */
  readonly level: string;
  /** Which process speaks: `web`, `worker`, … */
  readonly name: string;
  /** Standard output unless a test wants to read along. */
  readonly destination?: { write(line: string): void };
}

export function createLog({ level, name, destination }: LogOptions): Log {
  const options = { level, base: { name }, messageKey: 'event', timestamp: pino.stdTimeFunctions.isoTime };
  const out = pino(options, destination ?? pino.destination({ dest: 1, sync: true }));
  return {
    debug: (event, fields) => out.debug(pick(fields), event),
    info: (event, fields) => out.info(pick(fields), event),
    warn: (event, fields) => out.warn(pick(fields), event),
    error: (event, fields) => out.error(pick(fields), event),
  };
}

function pick(fields: LogFields = {}): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const [field, pass] of Object.entries(ALLOWED)) {
    const value = fields[field as keyof LogFields];
    if (value !== undefined) picked[field] = pass(value);
  }
  return picked;
}

/** What may be said of an error. `depth`: how many causes, or errors of an AggregateError, are followed. */
function describeError(error: unknown, depth: number): unknown {
  if (!(error instanceof Error)) return { name: `thrown ${error === null ? 'null' : typeof error}` };
  const described: Record<string, unknown> = { name: classOf(error), stack: framesOf(error) };
  if (isFault(error)) {
    described.code = error.code;
    described.message = FAULTS[error.code].message;
  } else {
    const { code } = error as { code?: unknown };
    if (typeof code === 'string' && ERROR_CODE.test(code)) described.code = code;
  }
  if (depth > 0 && error.cause !== undefined) described.cause = describeError(error.cause, depth - 1);
  if (depth > 0 && error instanceof AggregateError) {
    described.errors = error.errors.slice(0, MAX_CAUSES).map((one) => describeError(one, depth - 1));
  }
  return described;
}

/** The class, not `name`: libraries assign the latter freely. */
function classOf(error: Error): string {
  const name = error.constructor?.name;
  return typeof name === 'string' && CLASS_NAME.test(name) ? name : 'Error';
}

/** The frames alone. The message stands before them and can run over lines that look like frames: cut it out. */
function framesOf(error: Error): string[] {
  const stack = typeof error.stack === 'string' ? error.stack : '';
  const messageAt = stack.indexOf(error.message);
  const bare = messageAt < 0 ? stack : stack.slice(messageAt + error.message.length);
  return bare
    .split('\n')
    .filter((line) => FRAME.test(line))
    .slice(0, MAX_FRAMES)
    .map((line) => line.trim());
}

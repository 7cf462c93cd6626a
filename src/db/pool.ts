/**
 * The only way to rows: transactions under a runtime role, with or without a tenant. Nothing outlives its
 * transaction, so a pooler in transaction mode (PgBouncer, Neon) may sit between.
 */
import type { Writable } from 'node:stream';
import pg from 'pg';
import { isFault } from '../core/fault.ts';
import type { UserId } from '../core/mailbox.ts';
import { type Ask, connectionOf, translateError } from './connection.ts';
import { assertHeldByRls } from './guard.ts';

/** A hot statement: prepared once per connection under its name, which must be unique to its text. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** A transaction under way. */
export interface Tx {
  /** The statement's rows, in the caller's word for their shape. Calls not awaited are sent on without waiting. */
  query<Row extends object = Record<string, unknown>>(
    statement: string | Statement,
    values?: readonly unknown[],
  ): Promise<Row[]>;
}

export interface Database {
  /**
   * Runs `fn` in a transaction that sees the rows of `userId` only. Throws RangeError when that is no UUID. `atOnce`: the
   * COMMIT is sent right behind the statements that `fn` sends before it first waits; it may send no more after that,
   * and what it throws then undoes nothing.
   */
  withTenant<T>(userId: UserId, fn: (tx: Tx) => Promise<T>, options?: { atOnce?: boolean }): Promise<T>;
  /** The same without a tenant: no tenant's rows, but nobody's tables and the functions that cross tenants. */
  asNobody<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  /** For pg-boss, which brings its own BEGIN and COMMIT: one round trip on any connection, no role set. */
  executeSql(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  /** Waits for what is under way, then closes every connection. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: string;
  readonly role: 'web' | 'worker';
  /** Connections at most; default 10. */
  readonly max?: number;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Opens a pool and checks that row-level security holds its login: DatabaseRefusal, a sentence for the operator,
 * when not, Fault `database-unavailable` when the database cannot be reached.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const config = connectionOf(options.url);
  const role = `smtp_sync_${options.role}`;
  const pool = new pg.Pool({ ...config, max: options.max ?? 10, idleTimeoutMillis: 30_000, pipeline: true });
  // An idle connection that breaks is replaced by the pool at the next use.
  pool.on('error', () => undefined);
  try {
    await onClient(pool, (ask) => assertHeldByRls(ask, role));
  } catch (error) {
    await pool.end();
    throw error;
  }
  // A login that is the role itself has nothing to become.
  const become = config.user === role ? '' : `, set_config('role', '${role}', true)`;
  // Not three times SET LOCAL: each would be a statement and an answer of its own.
  const begin = `BEGIN; SELECT set_config('statement_timeout', '30s', true)${become}`;
  return {
    withTenant: async (userId, fn, { atOnce = false } = {}) => {
      if (!UUID.test(userId)) throw new RangeError('not a user id');
      return transact(pool, `${begin}, set_config('app.user_id', '${userId}', true)`, fn, atOnce);
    },
    asNobody: (fn) => transact(pool, begin, fn, false),
    executeSql: (text, values) =>
      onClient(pool, async (ask) => {
        try {
          return { rows: await ask(text, values) };
        } catch (error) {
          // The text may have failed between its own BEGIN and COMMIT.
          await ask('ROLLBACK').catch(() => undefined);
          throw error;
        }
      }),
    close: () => pool.end(),
  };
}

async function transact<T>(
  pool: pg.Pool,
  begin: string,
  fn: (tx: Tx) => Promise<T>,
  atOnce: boolean,
): Promise<T> {
  return onClient(pool, async (ask) => {
    // Not awaited: the first statements ride along. Should it fail, the transaction is aborted and so are they.
    const begun = ask(begin);
    begun.catch(() => undefined);
    let failed = false;
    const query: Ask = async (statement, values) => {
      try {
        return await ask(statement, values);
      } catch (error) {
        failed = true;
        throw error;
      }
    };
    try {
      const work = fn({ query });
      const committed = atOnce ? ask('COMMIT') : null;
      committed?.catch(() => undefined);
      const result = await work;
      await begun;
      // PostgreSQL answers the COMMIT of such a transaction by rolling back, without an error.
      if (failed) throw new Error('a statement failed and nobody minded');
      await (committed ?? ask('COMMIT'));
      return result;
    } catch (error) {
      await ask('ROLLBACK').catch(() => undefined);
      throw error;
    }
  });
}

/** Lends a connection to `fn`; throws it away when the connection itself was at fault. */
async function onClient<T>(pool: pg.Pool, fn: (ask: Ask) => Promise<T>): Promise<T> {
  let broken = false;
  const onError = () => {
    broken = true;
  };
  const client = await pool.connect().catch((error: unknown) => {
    throw translateError(error);
  });
  client.on('error', onError);
  const ask: Ask = async <Row extends object>(
    statement: string | pg.QueryConfig,
    values?: readonly unknown[],
  ) => {
    const config = typeof statement === 'string' ? { text: statement } : statement;
    try {
      const result: unknown = await client.query(values ? { ...config, values: [...values] } : config);
      return rowsOf<Row>(result);
    } catch (error) {
      const translated = translateError(error);
      broken ||= isFault(translated);
      throw translated;
    }
  };
  try {
    sendTogether(client);
    return await fn(ask);
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

/** What is sent before the next tick leaves in one write; pg itself writes each statement by itself. */
function sendTogether(client: pg.PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

/** Several statements in one text give an array of results, which pg's types do not say. */
function rowsOf<Row>(result: unknown): Row[] {
  const results = (Array.isArray(result) ? result : [result]) as { rows: Row[] }[];
  return results.flatMap((each) => each.rows);
}

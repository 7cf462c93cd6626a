/** One call of the API, as data. */
import type { z } from 'zod';
import type { KeyScope } from '../../core/api-key.ts';
import type { ErrorCode } from '../error-codes.ts';

export interface Operation {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** Express's notation; `:id` and every other parameter is a UUID. */
  readonly path: string;
  /** `:id` is an audit entry's instead: a number. */
  readonly idIs?: 'entry';
  readonly summary: string;
  /** More than fits into a line: what a program should know beforehand. */
  readonly description?: string;
  /** All that an API key must have for it. */
  readonly scopes: readonly [KeyScope, ...KeyScope[]];
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** A body that would be taken; where it is absent one is made up from the schema. */
  readonly example?: unknown;
  /** What it may be refused with beside what every call of its kind may. */
  readonly refusals?: readonly ErrorCode[];
  /** The body is a text of this kind instead of JSON. */
  readonly bodyIs?: 'csv';
  /** True when the body may be left out and then counts as `{}`. */
  readonly bodyOptional?: true;
  readonly status: 200 | 201 | 204;
  /** Absent: the answer is not JSON, or empty. */
  readonly answer?: z.ZodType;
  readonly mediaType?: string;
  /** Makes a worker contact somebody's server: limited per user. */
  readonly dials?: true;
  /** Long work for the database: of each user's, little is done at once. `sums` wait their turn, `downloads` do not. */
  readonly costs?: 'sums' | 'download';
}

/** What the API says of a field, tied to that field. */
import { ApiError } from '../../api.ts';

/** The API names the field before a colon: `host: must be a host name or an IP address`. */
export function fieldError(error: unknown, field: string): string | null {
  if (!(error instanceof ApiError) || !error.message.startsWith(`${field}: `)) return null;
  const rule = error.message.slice(field.length + 2);
  return `${rule.charAt(0).toUpperCase()}${rule.slice(1)}.`;
}

/** Whether none of these fields shows the error, so that it has to be said somewhere else. */
export const isElsewhere = (error: unknown, fields: readonly string[]): boolean =>
  error !== null && fields.every((field) => fieldError(error, field) === null);

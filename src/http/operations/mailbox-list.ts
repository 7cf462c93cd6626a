/** The calls that move mailboxes in and out as a list. */
import { importedSchema, mailboxListSchema } from '../contract/mailbox-list.ts';
import type { Operation } from './operation.ts';

export const MAILBOX_LIST_OPERATIONS = {
  importMailboxes: {
    method: 'post',
    path: '/api/v1/mailboxes/import',
    summary: 'Connect a list of mailboxes; what is wrong with one line keeps no other from being connected',
    description:
      'CSV whose first line names the columns: `host`, `username` and `password`, and any of `auth`, `provider`, `protocol`, `port`, `security`, `start` and the options. Each line is connected as by a single call, and answered with a result of its own. Where a line names a `provider`, or a server of one, no password is taken unless `auth` is `password`: its owner signs in at `signInUrl`. 100 lines and 256 kB at most.',
    scopes: ['mailboxes:write'],
    body: mailboxListSchema,
    bodyIs: 'csv',
    status: 200,
    answer: importedSchema,
    dials: true,
  },
  exportMailboxes: {
    method: 'get',
    path: '/api/v1/mailboxes.csv',
    summary: 'The mailboxes as CSV in the columns of an import, without passwords',
    scopes: ['read'],
    status: 200,
    mediaType: 'text/csv',
  },
} as const satisfies Record<string, Operation>;

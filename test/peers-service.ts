/** The rows of the table of peers that are about the service around the mail; test/peers-table.ts says what it is. */
import { type PeersRow, row } from './peers-row.ts';

export const SERVICE_ROWS: readonly PeersRow[] = [
  row(
    'least scope (`gmail.insert`)',
    'N N H H N N N N',
    ['src/google/consent', 'labels are asked for when they are wished for, on top of what was granted'],
    ['e2e/separate', 'Google saw authorize, token, revoke, certificates and import, and nothing else'],
  ),
  row(
    'secrets encrypted, keys rotate, ciphertext bound to its row',
    '? ? P N P P N N',
    [
      'workers/rotate-keys',
      'killed at every row and run again, every secret ends under the current key, unharmed',
    ],
    ['workers/unseal', 'no place opens another’s secret, even when their parts run together'],
    ['e2e/tampering', 'a dump of the database holds no password, token, session or key'],
  ),
  row(
    'web tier cannot decrypt',
    'N N N N N N N N',
    ['src/main', 'the web process gets ready, holds no private key, and ends on SIGTERM'],
    ['e2e/separate', 'web and worker start by themselves, each with its own keys'],
  ),
  row(
    'per-message log the user can see',
    'N N P P N P P P',
    ['e2e/main-job', 'the audit log has one entry a message, and nothing personal'],
    ['dashboard/glass-box', 'new entries come by themselves, unless one looks elsewhere'],
  ),
  row(
    'proof that source and Gmail agree (reconciliation)',
    'N N N N N N P N',
    ['e2e/fidelity', 'the books add up: what was left out is skipped, and nothing is missing'],
    ['workers/reconcile', 'a visit that is complete ends with a count that balances'],
    ['workers/reconcile', 'a message that a listing hid is missing, although others were removed meanwhile'],
  ),
  row(
    'tamper-evident audit, exportable',
    'N N N N N N N N',
    ['src/db/audit-chain', 'chains each entry to the one before it, as the documentation says'],
    ['src/http/audit-chain', 'the script of the documentation verifies exports offline'],
    ['dashboard/chains', 'a broken chain is shown in red, with the first wrong place'],
  ),
  row(
    'alerts to the user, one per cause',
    'P ? P H N H N N',
    [
      'src/db/notices',
      'tells of a refused login once while it lasts, through new attempts, and again when it comes back',
    ],
    [
      'workers/jobs/notify',
      'sends once after a success, again after a failure, and twice only when the answer was lost',
    ],
  ),
  row(
    'metrics, webhooks, API',
    'N N N N N H N N',
    ['src/http/server', 'metrics are on a port of their own, by route pattern'],
    ['workers/jobs/webhook', 'what fails is tried again, later and later, eight times, and can be replayed'],
    ['workers/jobs/webhook', 'the signature proves body, time and secret; the documented example checks it'],
    ['src/http/server', 'the OpenAPI document describes every operation with resolvable schemas'],
  ),
  row(
    'dry run',
    'N N N N H N H N',
    ['e2e/at-source', 'a dry run counts what would happen, and changes nothing'],
    [
      'src/http/at-source',
      'a dry run tells in numbers what would happen, before it starts and while it runs',
    ],
    [
      'dashboard/at-source',
      'in the wizard: deleting is agreed to, tried dry, said again, and done once Gmail has the mail',
    ],
  ),
  row(
    'connect wizard with a live test',
    'H H H N P H N N',
    [
      'dashboard/connect',
      'a newcomer comes from the landing to the first delivered message and its line in the audit log',
    ],
    ['src/http/wizard', 'a test that failed says where and why; a new password is tested anew'],
  ),
  row(
    'backfill apart from new mail, new mail first',
    'N ? N N N N N N',
    ['workers/rounds', 'new mail goes before backlog'],
    ['workers/rounds', 'mail that comes while the backlog is under way does not wait for its end'],
    ['workers/rounds', 'a backlog stops at the day’s share and leaves new mail its own'],
    ['workers/sources/dovecot', 'puts new mail before backlog'],
  ),
  row(
    'repair of refused messages, disclosed',
    'N N N N N N P P',
    ['workers/repair-engine', 'what Gmail refuses as it is arrives repaired, and says so'],
    [
      'workers/repair',
      'whatever a message holds: the rest of it stays, Gmail’s cause is gone, and the header block is that of the source',
    ],
    ['e2e/refusals', 'without leave it is rejected with a notice; once allowed, a retry repairs it'],
    ['e2e/refusals', 'imap: a repaired copy of each message that Gmail refuses, byte for byte'],
    ['e2e/refusals', 'pop3: a repaired copy of each message that Gmail refuses, byte for byte'],
  ),
  row(
    'multi-user, billing',
    'H H P N N P N N',
    ['src/http/billing', 'free: one mailbox; the second is refused with the way to the plans'],
    ['src/http/tenants', 'no call shows or changes anything of another user'],
  ),
  row(
    'fair between tenants',
    'H H P N N H N N',
    ['workers/lanes', 'users take turns, however much one of them asks for'],
    [
      'e2e/hostile-neighbours',
      'mailboxes whose server stalls in the middle do not keep anybody’s from being visited',
    ],
  ),
];

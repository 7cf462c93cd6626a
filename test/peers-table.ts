/**
 * What else people can use, and where each has what, as read or run in November 2026; and the tests that prove that this one
 * has it. docs/peers.md is written from here by `npm run peers`.
 */
import { type PeersRow, row } from './peers-row.ts';

export const PEERS_TABLE: readonly PeersRow[] = [
  row(
    'POP3 source',
    'H N H N N N N N',
    [
      'e2e/main-job',
      'signs in, connects both protocols, and imports each message once while the worker is killed',
    ],
    ['workers/sources/dovecot', 'serves every edge message byte for byte'],
  ),
  row(
    'IMAP source',
    'N P H H H H H N',
    ['e2e/main-job', 'new mail follows by itself, over IDLE and by polling'],
    ['workers/sources/dovecot', 'tells of news, of quiet, or that it cannot tell'],
    ['workers/sources/dovecot', 'lists everything for history all, newest first, as backlog'],
  ),
  row(
    'Microsoft OAuth source',
    'N ? H N N H H N',
    [
      'e2e/source-sign-in',
      'from the consent to the delivered message, over expiry and rotation to the end of the consent and a new one',
    ],
    ['e2e/source-sign-in', 'POP3 takes the same way, and a worker that dies finds the rotated token'],
    [
      'dashboard/sign-in',
      'Microsoft: signed in there instead of a password, up to the first delivered message',
    ],
  ),
  row(
    'several folders',
    'N ? H H N H H H',
    ['e2e/fidelity', 'flags, folders, dates, copies and rules, out of Dovecot’s folders'],
    ['corpus/folder-names', 'a folder is chosen by its decoded name'],
  ),
  row(
    'server autodetection',
    'P H P N N H N N',
    ['src/http/discover', 'anything else is looked up by a worker, and forgotten'],
    ['src/http/discover', 'a known provider is answered without a worker'],
  ),
  row(
    'Gmail API import (spam classifier runs)',
    'H H H H H N N H',
    ['workers/sinks/gmail', 'connections are used again, and nothing but tokens and imports is called'],
    ['e2e/main-job', 'Google saw nothing but consent, tokens and imports; the log holds no password'],
  ),
  row(
    'streamed upload, memory bounded',
    '? ? N H N N N P',
    ['workers/sinks/gmail', 'a large message passes with flat memory on both sides'],
    ['workers/relay', '150 MB pass through a few of them'],
  ),
  row(
    'bytes untouched',
    '? ? P H P N H P',
    ['workers/sources/dovecot', 'serves every edge message byte for byte'],
    ['corpus/peers-faults', 'repeated headers, Received and DKIM-Signature arrive as they are'],
  ),
  row(
    'label per account / folder → label / skip inbox',
    'H ? P H P N P P',
    [
      'e2e/labels',
      'folders become labels, nested, once each, though the worker is killed; each tenant’s own',
    ],
    ['e2e/labels', 'POP3 has the one label'],
    ['workers/decide', 'a message arrives as it stood at the source'],
  ),
  row(
    'read and starred state kept',
    'N ? N N P N H H',
    ['e2e/fidelity', 'flags, folders, dates, copies and rules, out of Dovecot’s folders'],
    ['workers/decide', 'a message arrives as it stood at the source'],
  ),
  row(
    'junk → spam',
    'N H H H N N P P',
    ['e2e/fidelity', 'flags, folders, dates, copies and rules, out of Dovecot’s folders'],
    [
      'workers/decide',
      'mail of chosen domains is never marked as spam, but for what the source holds as junk',
    ],
  ),
  row(
    'durable state',
    '? ? H N H H P H',
    [
      'e2e/main-job',
      'signs in, connects both protocols, and imports each message once while the worker is killed',
    ],
    ['workers/recovery', 'dies at every effect: three small messages'],
    ['src/db/ledger', 'gives back an intent as an open transfer with its run key'],
  ),
  row(
    'UIDVALIDITY change handled',
    'N ? H N P H P N',
    ['e2e/hostile-source', 'IMAP: another UIDVALIDITY brings nothing twice, and new mail goes on'],
    ['corpus/ids', 'IMAP: UIDVALIDITY 7 becomes 0: nothing twice, and new mail goes on'],
  ),
  row(
    'crash between import and record: no duplicate',
    '? ? N N N N P P',
    ['workers/recovery', 'dies at every effect: a message in three chunks and a small one'],
    ['workers/recovery', 'dies at every pair of effects in two lives running'],
  ),
  row(
    'one bad message does not block',
    'P ? P H P N P H',
    [
      'e2e/hostile-google',
      'messages that Gmail refuses are rejected with a reason, and their neighbours go on',
    ],
    ['e2e/hostile-source', 'IMAP: a message that cannot be read holds up none of its neighbours'],
  ),
  row(
    'a failed message is never lost',
    '? ? P P N N P H',
    [
      'workers/run',
      'a message that fails once is passed by its neighbours, tried again in its own time, and arrives',
    ],
    [
      'workers/run',
      'a message that is always truncated is tried with growing pauses, then given up; its neighbours arrive',
    ],
  ),
  row(
    'keep / delete / delete after N days / move at the source',
    'P N H H P N P N',
    [
      'e2e/at-source',
      'killed again and again: what is missing at the source is in Gmail, and each is there once',
    ],
    ['e2e/at-source', 'each mailbox has what its owner wanted, and says so'],
    ['workers/dispose', 'keeps everything unless its owner wants otherwise'],
    [
      'workers/dispose',
      'waits as many days as its owner chose, and looks again at what is chosen when the time has come',
    ],
    ['workers/dispose', 'touches nothing that Gmail refused, lost or has not answered for'],
    ['workers/sources/dovecot', 'deletes what it is told to, and nothing else'],
    ['workers/sources/dovecot', 'moves messages into a folder, and marks them as read'],
  ),
  row(
    'push (IDLE)',
    'N ? H H N H N N',
    ['e2e/main-job', 'new mail follows by itself, over IDLE and by polling'],
    ['workers/sources/imap-list', 'renews IDLE and still hears of news'],
  ),
  row(
    'poll interval chosen, sync now',
    'P ? H N H H N N',
    ['cli/service', 'connect tests the mailbox, and sync waits until its mail is in Gmail'],
    ['src/http/mailboxes', 'pause, resume, sync and retry'],
    [
      'workers/rounds',
      'without room to watch, a way to, or a plan that has it, it comes back after the poll interval',
    ],
  ),
  row(
    "backoff by the server's own words",
    'P ? H N P H P H',
    ['workers/sinks/gmail', 'Gmail’s limits are told apart, with the time it named'],
    [
      'e2e/hostile-google',
      'the time to come back is taken from Retry-After and from the message, whatever the status',
    ],
    [
      'corpus/logins',
      'POP3: "[LOGIN-DELAY] minimum time between mail checks violation" is no wrong password, however often it comes',
    ],
  ),
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
  row('per-message log the user can see', 'N N P P N P P P', [
    'e2e/main-job',
    'the audit log has one entry a message, and nothing personal',
  ]),
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

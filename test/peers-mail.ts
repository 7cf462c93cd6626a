/** The rows of the table of peers that are about mail; test/peers-table.ts says what it is. */
import { type PeersRow, row } from './peers-row.ts';

export const MAIL_ROWS: readonly PeersRow[] = [
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
    [
      'corpus/dovecot',
      'Dovecot, a namespace with a prefix and odd names: all of its folders are imported but junk and trash',
    ],
  ),
  row(
    'server autodetection',
    'P H P N N H N N',
    ['src/http/discover', 'anything else is looked up by a worker, and forgotten'],
    ['src/http/discover', 'a known provider is answered without a worker'],
    ['src/discovery/discover', 'orders services by priority and weight, without refusals and other ports'],
  ),
  row(
    'Gmail API import (spam classifier runs)',
    'H H H H H N N H',
    ['workers/sinks/gmail', 'connections are used again, and nothing but tokens and imports is called'],
    ['e2e/main-job', 'Google saw nothing but consent, tokens and imports; the log holds no password'],
    ['e2e/fidelity', 'flags, folders, dates, copies and rules, out of Dovecot’s folders'],
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
    [
      'e2e/dovecot',
      'Dovecot, imap: NUL, bare line ends and other odd bytes arrive as every program is served them',
    ],
    [
      'e2e/dovecot',
      'Dovecot, pop3: NUL, bare line ends and other odd bytes arrive as every program is served them',
    ],
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
    [
      'e2e/dovecot',
      'Dovecot moves house: other UIDVALIDITYs, a folder made again, other UIDLs: nothing twice, and new mail goes on',
    ],
  ),
  row(
    'crash between import and record: no duplicate',
    '? ? N N N N P P',
    ['workers/recovery', 'dies at every effect: a message in three chunks and a small one'],
    ['workers/recovery', 'dies at every pair of effects in two lives running'],
    [
      'e2e/main-job',
      'signs in, connects both protocols, and imports each message once while the worker is killed',
    ],
  ),
  row(
    'one bad message does not block',
    'P ? P H P N P H',
    [
      'e2e/hostile-google',
      'messages that Gmail refuses are rejected with a reason, and their neighbours go on',
    ],
    ['e2e/hostile-source', 'IMAP: a message that cannot be read holds up none of its neighbours'],
    ['e2e/dovecot', 'Dovecot, imap: what Gmail refuses, or fails to take, holds up none of its neighbours'],
    ['e2e/dovecot', 'Dovecot, pop3: what Gmail refuses, or fails to take, holds up none of its neighbours'],
    [
      'corpus/unreadable',
      'IMAP: a message at which the server hangs up, even when asked for its size, holds up none of its neighbours',
    ],
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
    [
      'e2e/dovecot',
      'Dovecot, imap: a message that cannot be read waits, its neighbours do not, and it is not lost',
    ],
    [
      'e2e/dovecot',
      'Dovecot, pop3: a message that cannot be read waits, its neighbours do not, and it is not lost',
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
    ['e2e/dovecot', 'Dovecot without MOVE, copies: what another program has marked as deleted stays'],
    ['e2e/dovecot', 'Dovecot without MOVE, erases: what another program has marked as deleted stays'],
    [
      'e2e/dovecot',
      'Dovecot without UIDPLUS: nothing is deleted or moved, it is said why, and the import goes on',
    ],
    [
      'e2e/dovecot',
      'Dovecot, imap: after seven days and not an hour before it is deleted, but not what Gmail refused',
    ],
    [
      'e2e/dovecot',
      'Dovecot, pop3: after seven days and not an hour before it is deleted, but not what Gmail refused',
    ],
    [
      'corpus/dovecot',
      'Dovecot, a folder that can be read and not changed: it is imported and left alone, and others are not',
    ],
  ),
  row(
    'push (IDLE)',
    'N ? H H N H N N',
    ['e2e/main-job', 'new mail follows by itself, over IDLE and by polling'],
    ['workers/sources/imap-list', 'renews IDLE and still hears of news'],
    ['e2e/dovecot', 'Dovecot, IDLE: it alone brings new mail where the next look is a day away'],
    [
      'corpus/dovecot',
      'Dovecot, IDLE dies without a word: the visit ends, and the next one brings what came meanwhile',
    ],
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
    ['e2e/main-job', 'new mail follows by itself, over IDLE and by polling'],
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
];

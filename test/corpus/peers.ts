/** What went wrong in other programs: see ../../docs/peers.md for who they are. */
import type { Proof } from '../proofs.ts';
import type { CorpusEntry } from './entry.ts';

const at =
  (file: string) =>
  (name: string): Proof => ({ file, name });
const faults = at('test/corpus/peers-faults.test.ts');
const ids = at('test/corpus/ids.test.ts');
const run = at('test/workers/run.test.ts');
const kills = at('test/workers/recovery.test.ts');
const repairs = at('test/workers/repair-engine.test.ts');
const disposal = at('test/workers/dispose.test.ts');
const imapDisposal = at('test/workers/sources/imap-dispose.test.ts');
const pop3Disposal = at('test/workers/sources/pop3-dispose.test.ts');
const google = at('test/e2e/hostile-google.test.ts');

export const PEERS_FAULTS: readonly CorpusEntry[] = [
  {
    quirk: 'UID 5 fails, UID 6 succeeds, and UID 5 is never tried again',
    source: 'fetch2gmail; mail-to-gmail’s date checkpoint',
    expected: 'it has a retry time of its own, and arrives',
    proofs: [
      run('a message that fails once is passed by its neighbours, tried again in its own time, and arrives'),
      faults('one message fails again and again: those behind it are imported, and it is never forgotten'),
    ],
  },
  {
    quirk: 'a crash between import and record imports twice',
    source: 'fetch2gmail',
    expected: 'the upload session is asked, whichever effect was the last',
    proofs: [
      kills('dies at every effect: a message in three chunks and a small one'),
      kills('dies at every pair of effects in two lives running'),
      at('test/e2e/main-job.test.ts')(
        'signs in, connects both protocols, and imports each message once while the worker is killed',
      ),
    ],
  },
  {
    quirk: 'a refused message aborts the batch without a checkpoint',
    source: 'inboxbridge',
    expected: 'it is on record with its reason, and blocks nobody',
    proofs: [
      run('a message that Gmail refuses goes on record with the reason and blocks nobody'),
      google('messages that Gmail refuses are rejected with a reason, and their neighbours go on'),
    ],
  },
  {
    quirk: 'the batch is held in memory',
    source: 'inboxbridge',
    expected: 'bodies pass through a few buffers, whatever their size',
    proofs: [
      at('test/workers/sinks/gmail.test.ts')('a large message passes with flat memory on both sides'),
      at('test/workers/relay.test.ts')('150 MB pass through a few of them'),
    ],
  },
  {
    quirk: 'a failed login is repeated without a pause',
    source: 'turbogmailify',
    expected: 'one login a visit, and pauses that grow to an hour',
    proofs: [
      at('test/corpus/logins.test.ts')('a login that fails is not repeated in the same visit'),
      at('test/src/core/judgement.test.ts')(
        'pauses between visits grow from the poll interval to an hour, with a tenth of jitter',
      ),
    ],
  },
  {
    quirk: 'one banned attachment stalls an inbox',
    source: 'turbogmailify#45',
    expected: 'the message is on record as refused, and the others arrive',
    proofs: [faults('one attachment that Gmail bans stalls nobody')],
  },
  {
    quirk: 'repeated headers are dropped, Received and DKIM-Signature among them',
    source: 'pop2gmail',
    expected: 'not a byte differs',
    proofs: [
      faults('repeated headers, Received and DKIM-Signature arrive as they are'),
      at('test/workers/sources/dovecot.test.ts')('serves every edge message byte for byte'),
    ],
  },
  {
    quirk: 'everything is imported again each round',
    source: 'POP3-to-Gmail',
    expected: 'nothing is even begun again',
    proofs: [faults('many visits, and nothing is imported again')],
  },
  {
    quirk: '“Invalid From header”',
    source: 'got-your-back#61',
    expected: 'a refusal of its own, with a reason of its own; where its owner allows it, a repaired copy',
    proofs: [
      faults('an "Invalid From header" is on record as one, and the next message goes on'),
      at('test/workers/repair-engine.test.ts')('what Gmail refuses as it is arrives repaired, and says so'),
    ],
  },
  {
    quirk: 'the notice of a failure itself goes to spam',
    source: 'turbogmailify#48',
    expected: 'notices go to the inbox, and Gmail is told never to mark them as spam',
    proofs: [
      at('test/workers/refusal-notices.test.ts')(
        'each refused message gets one notice, in the inbox and never in spam',
      ),
    ],
  },
  {
    quirk: 'identity by headers drops distinct mail',
    source: 'imapsync#24',
    expected: 'mail with equal headers arrives, together or later',
    proofs: [
      faults('mail that differs in its body alone arrives, together and later'),
      run('two messages with the same header block both arrive'),
      run('a message that comes after the numbering changed is not taken for an old one'),
    ],
  },
  {
    quirk: 'mail without Message-ID is skipped silently',
    source: 'imapsync#365',
    expected: 'it is imported like any other',
    proofs: [faults('a message without Message-ID is imported like any other')],
  },
  {
    quirk: '“looks good” with 2,000 messages missing after a network drop',
    source: 'imapsync#437',
    expected:
      'the visit ends with a fault, what is left waits and arrives, and a count would show what is missing',
    proofs: [
      faults(
        'IMAP: a connection that drops in the middle of 2,000 messages is no success, and the rest follows',
      ),
      faults('IMAP: a listing that breaks off half way settles nothing that it did not name'),
      at('test/workers/reconcile.test.ts')(
        'a message that a listing hid is missing, although others were removed meanwhile',
      ),
    ],
  },
  {
    quirk: 'the whole UIDL line, with the message number, is taken for the id',
    source: 'TA-dmarc#36',
    expected: 'the number is no part of the id',
    proofs: [
      ids('POP3: the message number in front of an id is no part of it'),
      at('test/workers/sources/pop3-transcripts.test.ts')(
        'transcript number-in-front-of-id.txt, one byte per read',
      ),
    ],
  },
  {
    quirk: 'an interrupted session never commits DELE',
    source: 'zammad#78',
    expected: 'sessions end with QUIT, and nothing else deletes',
    proofs: [
      faults('POP3: a visit that only looks ends with QUIT and deletes nothing'),
      pop3Disposal('the connection is lost at QUIT: nothing is deleted until a session ends in order'),
      at('test/workers/sources/pop3-open.test.ts')(
        'what DELE marked is removed by QUIT, and by nothing else',
      ),
    ],
  },
  {
    quirk: 'refresh tokens die, each week in testing mode',
    source: 'gmailctl#171',
    expected: 'the token is destroyed, the owner is told once, and nothing is lost until there is a new one',
    proofs: [
      faults(
        'a consent that died is asked for once more by nobody: nothing is lost, and it goes on with a new one',
      ),
      run('a consent that is gone is destroyed; nothing is lost should it come back'),
      google('a consent withdrawn in the middle stops all of the user’s mailboxes; a new one goes on'),
    ],
  },
  {
    quirk: 'a cut between import and expunge imports all again',
    source: 'turbogmailify',
    expected: 'what is deleted at the source was settled before, so it is only deleted again',
    proofs: [
      disposal('dies at every pair of effects in two lives running'),
      imapDisposal('the connection is lost at UID EXPUNGE, before it is done: the next visit finishes it'),
    ],
  },
  {
    quirk: 'what Gmail refused is deleted at the source',
    source: 'pop2gmail',
    expected: 'only what Gmail has as it is is ever deleted',
    proofs: [
      disposal('touches nothing that Gmail refused, lost or has not answered for'),
      repairs('at the source only what Gmail has as it is is deleted'),
    ],
  },
  {
    quirk: 'an unparseable Date makes old mail today’s',
    source: 'got-your-back#266',
    expected: 'the time of receipt is taken, and the audit log says so',
    proofs: [
      at('test/workers/decide.test.ts')(
        'a date that Gmail could not read is told, and the time of receipt taken',
      ),
    ],
  },
  {
    quirk: 'ids that move delete the wrong messages',
    source: 'proton-bridge#220',
    expected: 'a message is looked at again, under its id in the same session, before anything is done to it',
    proofs: [
      imapDisposal('messages that have changed places under their UIDs are left alone'),
      pop3Disposal('an id that was given to another message, and ids that are all new, delete nothing'),
      pop3Disposal('numbers are those of this session: a maildrop in another order loses the right message'),
    ],
  },
];

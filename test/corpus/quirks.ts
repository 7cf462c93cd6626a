/** What mail servers do. */

import type { Proof } from '../proofs.ts';
import type { CorpusEntry } from './entry.ts';
import { REUSED_IDS } from './quirks-of-ids.ts';

const at =
  (file: string) =>
  (name: string): Proof => ({ file, name });
const ids = at('test/corpus/ids.test.ts');
const sizes = at('test/corpus/claimed-sizes.test.ts');
const logins = at('test/corpus/logins.test.ts');
const names = at('test/corpus/folder-names.test.ts');
const faults = at('test/corpus/peers-faults.test.ts');
const imap = at('test/corpus/imap-transcripts.test.ts');
const pop3 = at('test/workers/sources/pop3-transcripts.test.ts');
const transcript = (name: string): string => `transcript ${name}.txt, one byte per read`;
const wrong = (protocol: string, text: string): Proof =>
  logins(`${protocol}: "${text}" is no wrong password, however often it comes`);

export const QUIRKS: readonly CorpusEntry[] = [
  {
    quirk: 'POP3 without UIDL',
    source: 'neomutt#1427',
    expected: 'the mailbox says that its messages cannot be told apart; nothing is imported',
    proofs: [
      pop3(transcript('no-uidl')),
      at('test/workers/sources/pop3-open.test.ts')('a server that knows no UIDL cannot be transferred from'),
    ],
  },
  {
    quirk: 'UIDL given to several messages at once, or to none',
    source: 'POP3 in the wild',
    expected: 'as without UIDL',
    proofs: [
      pop3(transcript('reused-uidl')),
      pop3(transcript('uidl-with-gaps')),
      ids(
        'POP3: ids that several messages share identify none: the mailbox says so, and nothing is imported twice',
      ),
    ],
  },
  ...REUSED_IDS,
  {
    quirk: 'UIDLs with blanks, or beyond ASCII',
    source: 'POP3 in the wild',
    expected: 'they are ids all the same',
    proofs: [ids('POP3: ids that no server may give out, with blanks or beyond ASCII, are ids all the same')],
  },
  {
    quirk: 'all UIDLs changed after a move',
    source: 'POP3 in the wild',
    expected: 'messages are recognised by size and keyed digest of the header block; new mail goes on',
    proofs: [
      at('test/e2e/hostile-source.test.ts')('POP3: other UIDLs for the same messages bring nothing twice'),
      at('test/src/db/ledger.test.ts')('recognises what was settled before the ids changed (pop3)'),
    ],
  },
  {
    quirk: 'some UIDLs changed, in a move by steps',
    source: 'POP3 in the wild',
    expected: 'the same; headers are looked at only when an unknown id stands in front of a known one',
    proofs: [
      ids('POP3: a server that is moved in steps changes some ids at a time, and nothing is imported twice'),
      ids('POP3: ids that change in the middle, while new mail comes'),
      ids('POP3: a server that lists the newest first is not taken for one that changes its ids'),
      ids('POP3: new mail costs no look at headers, however many messages are known'),
    ],
  },
  {
    quirk: 'UIDVALIDITY changes',
    source: 'IMAP in the wild; mail-to-gmail ignores it',
    expected: 'messages are recognised; nothing twice, and new mail goes on',
    proofs: [
      at('test/e2e/hostile-source.test.ts')(
        'IMAP: another UIDVALIDITY brings nothing twice, and new mail goes on',
      ),
      at('test/workers/run.test.ts')(
        'a source that numbers its messages anew imports none again, and the new ones',
      ),
      at('test/workers/rounds.test.ts')(
        'a source that numbers anew in the middle of a visit imports none twice',
      ),
      at('test/workers/recovery.test.ts')(
        'a message under way when the source gives it a new id is imported once',
      ),
      at('test/workers/sources/imap-fetch.test.ts')('never fetches under ids of another UIDVALIDITY'),
    ],
  },
  {
    quirk: 'UIDVALIDITY is 0, for a while or for good',
    source: 'emailengine PR#345',
    expected: '0 is a number like any other; and where it is 0, UIDNEXT going back means new ids',
    proofs: [
      ids('IMAP: UIDVALIDITY 0 becomes 7: nothing twice, and new mail goes on'),
      ids('IMAP: UIDVALIDITY 7 becomes 0: nothing twice, and new mail goes on'),
      ids('IMAP: UIDVALIDITY is 0 for good: all mail is imported once'),
      ids('IMAP: UIDVALIDITY 0 and all UIDs given out anew: nothing is lost or imported twice'),
      imap(transcript('uidvalidity-zero')),
    ],
  },
  {
    quirk: 'no UIDVALIDITY at all',
    source: 'RFC 3501 §6.3.1',
    expected: 'without ids that last nothing is imported, and the mailbox says so',
    proofs: [imap(transcript('no-uidvalidity'))],
  },
  {
    quirk: 'UIDs are given out again under the same UIDVALIDITY',
    source: 'restores from a backup; servers that count from their highest message',
    expected:
      'what was settled at and above UIDNEXT is forgotten, so that the mail that gets these UIDs is imported',
    proofs: [
      ids('IMAP: a server restored from a backup gives UIDs out again: the mail that gets them is imported'),
      at('test/src/db/ledger.test.ts')(
        'forgets UIDs that will be given out again under the same UIDVALIDITY',
      ),
    ],
  },
  {
    quirk: 'UIDNEXT is not told, or cannot be true',
    source: 'IMAP in the wild',
    expected: 'it is taken from the messages',
    proofs: [
      imap(transcript('no-uidnext')),
      at('test/workers/sources/imap-list.test.ts')('derives UIDNEXT where the server does not tell it'),
      ids('IMAP: a UIDNEXT that so many messages cannot have is not believed'),
    ],
  },
  {
    quirk: '[IN-USE] at login',
    source: 'perdition#4',
    expected: 'the mailbox waits and nobody is asked for a password',
    proofs: [
      pop3(transcript('in-use-code')),
      pop3(transcript('in-use-in-words')),
      imap(transcript('in-use')),
      wrong('POP3', '[IN-USE] Do you have another POP session running?'),
      at('test/e2e/hostile-source.test.ts')(
        'POP3: a maildrop in use by another program is waited for, and no reason to ask for a password',
      ),
    ],
  },
  {
    quirk: '[SYS/TEMP] and [UNAVAILABLE] at login',
    source: 'RFC 3206, RFC 5530',
    expected: 'the mailbox waits and nobody is asked for a password',
    proofs: [
      pop3(transcript('sys-temp')),
      imap(transcript('unavailable')),
      wrong('POP3', '[SYS/TEMP] Temporary authentication failure'),
      wrong('IMAP', '[UNAVAILABLE] Temporary authentication failure'),
    ],
  },
  {
    quirk: '[LOGIN-DELAY]',
    source: 'RFC 2449 §8.1.1',
    expected: 'pauses grow until the server is content',
    proofs: [
      pop3(transcript('throttled')),
      wrong('POP3', '[LOGIN-DELAY] minimum time between mail checks violation'),
    ],
  },
  {
    quirk: 'throttled logins that look like a wrong password',
    source: 'IMAP and POP3 in the wild',
    expected:
      'a refusal is believed only at the third visit in a row; words of throttling are never taken for one',
    proofs: [
      logins('throttled in the very words of a wrong password: believed only at the third time'),
      imap(transcript('throttled-as-wrong-password')),
      wrong('IMAP', '[AUTHENTICATIONFAILED] Too many failed attempts, rate limit hit'),
      wrong('POP3', 'Too many login attempts, slow down'),
      at('test/workers/run.test.ts')(
        'a login that is refused once is tried again; refused three times the owner is asked',
      ),
    ],
  },
  {
    quirk: 'a password that is wrong indeed',
    source: 'owners',
    expected: 'it is asked for, and the right one heals',
    proofs: [
      imap(transcript('wrong-password')),
      pop3(transcript('wrong-password')),
      at('test/e2e/hostile-source.test.ts')(
        'imap: a password that is no longer right is asked for, and the right one heals',
      ),
    ],
  },
  {
    quirk: 'limits of parallel sessions',
    source: 'Yahoo; imapflow#75',
    expected: 'one connection a mailbox, and pauses that grow',
    proofs: [
      logins('a visit has one connection, however many folders and messages there are'),
      imap(transcript('limit')),
      imap(transcript('bye-at-greeting')),
      wrong('IMAP', '[LIMIT] Too many simultaneous connections'),
      logins('IMAP: a server that greets with "too many connections" is come back to later'),
    ],
  },
  {
    quirk: 'IDLE dies silently',
    source: 'imapflow#14',
    expected: 'each IDLE is followed by a NOOP with a deadline, and the next visit finds what came',
    proofs: [
      faults('IMAP: an IDLE that has died ends the visit, and the next one finds what came meanwhile'),
      at('test/workers/sources/imap-list.test.ts')('ends when the server is dead behind an open connection'),
      at('test/workers/sources/imap-list.test.ts')('renews IDLE and still hears of news'),
      at('test/corpus/dovecot.test.ts')(
        'Dovecot, IDLE dies without a word: the visit ends, and the next one brings what came meanwhile',
      ),
    ],
  },
  {
    quirk: 'sizes that are not true',
    source: 'POP3 LIST, RFC822.SIZE',
    expected: 'what is served counts, byte for byte',
    proofs: [
      faults('sizes that a server makes up change no byte'),
      pop3(transcript('wrong-list-sizes')),
      imap(transcript('wrong-sizes')),
      at('test/e2e/hostile-source.test.ts')('POP3: whatever size is announced, what is served arrives'),
      at('test/e2e/hostile-source.test.ts')('IMAP: whatever size is announced, what is served arrives'),
    ],
  },
  {
    quirk: 'MESSAGELIMIT',
    source: 'RFC 9738; Yahoo',
    expected: 'commands are cut to the limit, and what a limited answer leaves out is asked for again',
    proofs: [
      faults('IMAP: a server that never handles more than ten messages a command (MESSAGELIMIT)'),
      imap(transcript('message-limit')),
      at('test/workers/sources/imap-list.test.ts')('is not misled by a server that stops at its own limit'),
    ],
  },
  {
    quirk: 'folder names in modified UTF-7, proper and odd',
    source: 'RFC 3501 §5.1.3',
    expected: 'proper names are shown decoded; others are taken as they are spelled, and stall nobody',
    proofs: [
      names('names in modified UTF-7 are shown decoded, and each folder is imported'),
      names('names that decode to what no book can hold are taken as they are spelled'),
      names('a folder is chosen by its decoded name'),
      names('names that are not encoded at all, or wrongly, are other folders, and stall none'),
      names('a crash within a folder of such a name is recovered from'),
    ],
  },
  {
    quirk: 'flags pushed among answers',
    source: 'RFC 3501 §7.4.2',
    expected: 'they are no messages',
    proofs: [imap(transcript('pushes-flags'))],
  },
  {
    quirk: 'a connection that is cut within a message',
    source: 'any server',
    expected: 'it is no short message; it is fetched again',
    proofs: [
      imap(transcript('hangs-up-in-literal')),
      pop3(transcript('hangs-up-in-message')),
      at('test/e2e/hostile-source.test.ts')('IMAP: cut in the middle of messages small and large'),
      at('test/e2e/hostile-source.test.ts')('POP3: cut in the middle of messages small and large'),
    ],
  },
  {
    quirk: 'servers without CAPA, IDLE, ID or NAMESPACE',
    source: 'old servers',
    expected: 'they are used as they are',
    proofs: [
      pop3(transcript('no-capa')),
      at('test/workers/sources/imap-open.test.ts')('does without ID, NAMESPACE and IDLE'),
    ],
  },
  {
    quirk: '100,000 messages',
    source: 'long lives',
    expected:
      'nothing new costs one EXAMINE, or one UIDL and one STAT; a first listing a bounded number of commands',
    proofs: [
      ids('IMAP: 100,000 known messages and nothing new: one EXAMINE and no other question'),
      ids('POP3: 100,000 known messages and nothing new: one UIDL and no other question'),
      sizes('100,000 known messages and nothing new: one UIDL, one STAT, and no other question in a visit'),
      at('test/workers/sources/imap-list.test.ts')(
        'lists a folder of many messages in a bounded number of commands',
      ),
    ],
  },
];

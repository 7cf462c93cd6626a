/** What mail servers do about messages of theirs that they cannot read. */

import type { Proof } from '../proofs.ts';
import type { CorpusEntry } from './entry.ts';

const at =
  (file: string) =>
  (name: string): Proof => ({ file, name });
const unreadable = at('test/corpus/unreadable.test.ts');
const dovecot = at('test/e2e/dovecot.test.ts');

export const READING_QUIRKS: readonly CorpusEntry[] = [
  {
    quirk: 'POP3: a message that cannot be read is called expunged, and is still listed',
    source: 'Dovecot 2.3',
    expected: 'it is tried again, and gone only once it is not listed any more',
    proofs: [
      unreadable('POP3: a message that is refused as if it were gone, and is still listed, is tried again'),
      unreadable(
        'POP3: one that another program has deleted meanwhile is skipped once it is not listed any more',
      ),
      dovecot(
        'Dovecot, pop3: a message that cannot be read waits, its neighbours do not, and it is not lost',
      ),
    ],
  },
  {
    quirk: 'IMAP: a server that hangs up at the size of a message that it cannot read',
    source: 'Dovecot 2.3',
    expected: 'the folder is listed without that size, in a new session; its other mail goes on',
    proofs: [
      unreadable(
        'IMAP: a message at which the server hangs up, even when asked for its size, holds up none of its neighbours',
      ),
      unreadable('IMAP: a server that hangs up at every listing is not called again and again'),
      dovecot(
        'Dovecot, imap: a message that cannot be read waits, its neighbours do not, and it is not lost',
      ),
    ],
  },
];

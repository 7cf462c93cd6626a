/** UIDLs that other messages have later, and the sizes by which that is noticed. */
import type { Proof } from '../proofs.ts';
import type { CorpusEntry } from './entry.ts';

const at =
  (file: string) =>
  (name: string): Proof => ({ file, name });
const reused = at('test/corpus/reused-ids.test.ts');
const sizes = at('test/corpus/claimed-sizes.test.ts');

export const REUSED_IDS: readonly CorpusEntry[] = [
  {
    quirk: 'a UIDL given to another message later on',
    source: 'RFC 1939 §7 forbids it only while the message exists',
    expected: 'noticed by another size, told by a keyed digest of the header block, and imported once',
    proofs: [
      reused(
        'another message under an id that is settled is imported, once, and costs one LIST and one look',
      ),
      reused('several at once, while new mail comes and old mail goes'),
      reused(
        'a server whose ids are the numbers of its messages: what moves up is known, and new mail is not lost',
      ),
      reused('killed at any effect, it is imported once'),
      reused('what waits to be deleted is not, once another message has its id'),
      reused('the limit: another message of the very same size is not noticed'),
      at('test/e2e/hostile-source.test.ts')('POP3: an id that is given to another message hides nothing'),
    ],
  },
  {
    quirk: 'sizes in LIST that are others at every visit, or STAT that is none',
    source: 'POP3 in the wild',
    expected: 'a bounded number of looks, ever more rarely; nothing is imported twice',
    proofs: [
      sizes(
        'sizes that wobble at every visit: a look each, nothing twice, and another message is still found',
      ),
      sizes('a crowd of sizes that wobble: a bounded number of looks, and ever more rarely'),
      sizes('a server that counts in another way from one day on: one LIST and a bounded number of looks'),
      sizes('no STAT: LIST is asked at each visit instead'),
      sizes('a server that hangs up at TOP keeps no mail from arriving, and none from being deleted'),
    ],
  },
];

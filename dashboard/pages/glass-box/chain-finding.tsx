/** What the verification of a chain has found. */
import type { Verification } from '../../../src/http/api.ts';
import { chainTexts as texts } from '../../texts/chains.ts';
import { formatInstant } from '../../texts/format.ts';
import { Banner } from '../../ui/banner.tsx';
import type { Kept } from './use-verification.ts';

export function Finding({ last, kept }: { last: Verification; kept: Kept | null }) {
  const { broken, keptIsPart, head } = last;
  return (
    <div className="space-y-3">
      {keptIsPart === false && kept && (
        <Banner tone="failed" title={texts.rewritten}>
          {texts.rewrittenSentence(kept.seq)}
        </Banner>
      )}
      {broken ? (
        <Banner tone="failed" title={texts.broken(broken.seq)}>
          <p>
            {broken.why === 'missing'
              ? texts.missing
              : texts.changed(broken.at === null ? null : formatInstant(broken.at))}
          </p>
          <p>{texts.brokenNext}</p>
        </Banner>
      ) : (
        <Banner tone="delivered" title={texts.whole(head.seq)}>
          <p>{texts.wholeSentence}</p>
          {keptIsPart && kept && <p>{texts.keptIsPart(kept.seq)}</p>}
        </Banner>
      )}
    </div>
  );
}

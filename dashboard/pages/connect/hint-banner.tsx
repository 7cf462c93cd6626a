/** What a provider's users have to know first, with the provider's own page about it. */
import { ExternalLink } from 'lucide-react';
import type { DiscoveryView } from '../../../src/http/api.ts';
import { hintText, settingText } from '../../texts/connect-hints.ts';
import { Banner } from '../../ui/banner.tsx';

export function HintBanner({ hint }: { hint: NonNullable<DiscoveryView['hint']> }) {
  const { title, sentences, link, tone } = hintText(hint.code, hint.message);
  return (
    <Banner tone={tone} title={title}>
      {sentences.map((sentence) => (
        <p key={sentence} className="mt-1">
          {sentence}
        </p>
      ))}
      {hint.setting && <p className="mt-1">{settingText(hint.setting)}</p>}
      {hint.url?.startsWith('https://') && (
        <a
          href={hint.url}
          target="_blank"
          rel="noreferrer noopener"
          className="mt-2 inline-flex min-h-6 items-center gap-1.5 font-medium underline"
        >
          {link}
          <ExternalLink aria-hidden className="size-4" />
        </a>
      )}
    </Banner>
  );
}

/** What has been done at the provider, what waits for it, and what is in the way. */
import type { Mailbox, MailboxStats } from '../../../src/http/api.ts';
import { atSourceTexts } from '../../texts/at-source.ts';
import { formatNumber } from '../../texts/format.ts';
import { Banner } from '../../ui/banner.tsx';
import { Card, Section } from '../../ui/card.tsx';

const texts = atSourceTexts.done;
const COUNTS = ['deleted', 'moved', 'markedRead', 'waiting'] as const;
const LEFT = ['changed', 'renumbered', 'refused'] as const;

/** Nothing where everything is kept and always was. */
export function AtSourcePanel({
  mailbox,
  atSource,
}: {
  mailbox: Mailbox;
  atSource: MailboxStats['atSource'];
}) {
  const { options } = mailbox;
  const shown = COUNTS.filter((name) => atSource[name] > 0 || (name === 'waiting' && isOn(options)));
  const left = LEFT.filter((why) => atSource.left[why] > 0);
  if (shown.length === 0 && left.length === 0 && atSource.gone === 0) return null;
  return (
    <Section title={texts.title} intro={atSourceTexts.line(options)}>
      <Card className="space-y-3">
        {atSource.problem && (
          <Banner tone="rejected" title={texts.problem}>
            <p>
              {atSource.problem.message} {texts.import}
            </p>
          </Banner>
        )}
        <dl className="grid grid-cols-2 gap-3 sm:grid-cols-4">
          {shown.map((name) => (
            <div key={name} className="rounded-lg bg-sunken px-3 py-2">
              <dt className="text-xs font-medium text-muted">{texts[name]}</dt>
              <dd className="text-lg font-semibold">{formatNumber(atSource[name])}</dd>
            </div>
          ))}
        </dl>
        {(left.length > 0 || atSource.gone > 0) && (
          <ul className="space-y-1 text-sm text-muted">
            {left.map((why) => (
              <li key={why}>{texts.left[why](atSource.left[why])}</li>
            ))}
            {atSource.gone > 0 && <li>{texts.gone(atSource.gone)}</li>}
          </ul>
        )}
      </Card>
    </Section>
  );
}

const isOn = ({ afterImport }: Mailbox['options']): boolean => afterImport !== 'keep';

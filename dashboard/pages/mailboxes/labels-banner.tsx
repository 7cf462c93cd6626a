/** A mailbox whose mail is to be labelled, and may not be. */
import type { Mailbox } from '../../../src/http/api.ts';
import { useAccount } from '../../account.ts';
import { allowLabelsAt, mayLabel, wantsLabels } from '../../labels.ts';
import { labelTexts } from '../../texts/labels.ts';
import { Banner } from '../../ui/banner.tsx';
import { ButtonAnchor } from '../../ui/button.tsx';

export function LabelsBanner({ mailbox }: { mailbox: Mailbox }) {
  const { data: account } = useAccount();
  // Without any consent something else is to be said first.
  if (!wantsLabels(mailbox.options) || account?.grant.state !== 'given' || mayLabel(account)) return null;
  const { title, sentence, action } = labelTexts.missing;
  return (
    <Banner
      tone="waiting"
      title={title}
      actions={<ButtonAnchor href={allowLabelsAt(`/mailboxes/${mailbox.id}`)}>{action}</ButtonAnchor>}
    >
      <p>{sentence}</p>
    </Banner>
  );
}

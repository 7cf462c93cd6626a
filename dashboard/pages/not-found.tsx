/** For addresses that nothing is at. */
import { common } from '../texts/common.ts';
import { ButtonLink } from '../ui/button.tsx';
import { Page } from '../ui/page.tsx';

export function NotFound() {
  return (
    <Page title={common.notFound.title} intro={common.notFound.sentence}>
      <ButtonLink href="/mailboxes" look="primary">
        {common.notFound.action}
      </ButtonLink>
    </Page>
  );
}

/** A refusal that belongs to no single field. */
import type { Mailbox } from '../../../src/http/api.ts';
import { ApiError } from '../../api.ts';
import { useMailboxes } from '../../mailboxes.ts';
import { common } from '../../texts/common.ts';
import { connect } from '../../texts/connect.ts';
import { Banner } from '../../ui/banner.tsx';
import { ButtonLink } from '../../ui/button.tsx';
import { type Account, isSameAccount } from './setup.ts';

export function Problem({ error, account }: { error: unknown; account?: Account }) {
  const { data: mailboxes = [] } = useMailboxes();
  if (!error) return null;
  const { code, message } = error instanceof ApiError ? error : { code: 'unexpected', message: '' };
  const twin =
    code === 'mailbox-exists' && account ? mailboxes.find((each) => isSameAccount(each, account)) : undefined;
  return (
    <Banner
      tone="failed"
      title={twin ? connect.problem.exists : connect.problem.title}
      actions={
        twin ? (
          <Twin mailbox={twin} />
        ) : (
          code === 'plan-limit' && (
            <ButtonLink size="sm" href="/billing">
              {common.nav.billing}
            </ButtonLink>
          )
        )
      }
    >
      {!twin && (
        <p>
          {message} <span className="whitespace-nowrap">{common.errorCode(code)}</span>
        </p>
      )}
    </Banner>
  );
}

function Twin({ mailbox: { id, state, fault } }: { mailbox: Mailbox }) {
  const unfinished = state === 'paused' && fault !== null;
  return (
    <ButtonLink size="sm" href={unfinished ? `/connect/${id}` : `/mailboxes/${id}`}>
      {unfinished ? connect.problem.continueExisting : connect.problem.showExisting}
    </ButtonLink>
  );
}

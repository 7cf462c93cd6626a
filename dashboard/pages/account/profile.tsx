/** Who is signed in, and whether Google's consent is there. */
import type { Account } from '../../../src/http/api.ts';
import { allowLabelsAt, mayLabel, wantsLabels } from '../../labels.ts';
import { useMailboxes } from '../../mailboxes.ts';
import { accountTexts } from '../../texts/account.ts';
import { formatDay } from '../../texts/format.ts';
import { labelTexts } from '../../texts/labels.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { ButtonAnchor } from '../../ui/button.tsx';
import { Card, Section } from '../../ui/card.tsx';

const texts = accountTexts.profile;
const TONES: Readonly<Record<Account['grant']['state'], Tone>> = {
  given: 'delivered',
  refused: 'failed',
  missing: 'failed',
};
const CONSENT = `/auth/google?next=${encodeURIComponent('/account')}`;
const CONNECTIONS = 'https://myaccount.google.com/connections';

export function Profile({ account }: { account: Account }) {
  const { grant } = account;
  const isGiven = grant.state === 'given';
  return (
    <Section title={texts.title}>
      <Card className="space-y-5">
        <dl className="grid gap-x-8 gap-y-1 text-sm sm:grid-cols-[max-content_1fr] sm:gap-y-3 [&>dt]:not-first:max-sm:mt-3">
          <dt className="text-muted">{texts.signedInAs}</dt>
          <dd className="font-medium wrap-anywhere">{account.email}</dd>
          <dt className="text-muted">{texts.since}</dt>
          <dd>{formatDay(account.createdAt)}</dd>
          <dt className="text-muted">{texts.consent}</dt>
          <dd className="flex flex-wrap items-center gap-2">
            <Badge tone={TONES[grant.state]}>{texts.states[grant.state]}</Badge>
            {grant.grantedAt !== null && <span className="text-muted">{formatDay(grant.grantedAt)}</span>}
          </dd>
          {grant.scopes.length > 0 && (
            <>
              <dt className="text-muted">{texts.permission}</dt>
              <dd>
                <ul className="space-y-1">
                  {permissionsOf(grant.scopes).map((permission) => (
                    <li key={permission} className="wrap-anywhere">
                      {permission}
                    </li>
                  ))}
                </ul>
              </dd>
            </>
          )}
          {isGiven && <Labels account={account} />}
        </dl>
        <p className="text-sm text-muted">{isGiven ? texts.givenSentence : grant.fault?.message}</p>
        <div className="flex flex-wrap items-center gap-x-6 gap-y-3">
          <ButtonAnchor href={CONSENT} look={isGiven ? 'secondary' : 'primary'}>
            {isGiven ? texts.renew : texts.give}
          </ButtonAnchor>
          {isGiven && (
            <p className="text-sm text-muted">
              {texts.withdraw}{' '}
              <a
                href={CONNECTIONS}
                target="_blank"
                rel="noreferrer"
                className="text-accent underline underline-offset-2"
              >
                {texts.withdrawLink}
              </a>
            </p>
          )}
        </div>
      </Card>
    </Section>
  );
}

/** The second permission, which nobody needs to give. */
function Labels({ account }: { account: Account }) {
  const { data: mailboxes = [] } = useMailboxes();
  const wanted = mailboxes.some(({ options }) => wantsLabels(options));
  const { name, given, notGiven } = labelTexts.account;
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="flex flex-wrap items-center gap-x-4 gap-y-2">
        {mayLabel(account) ? (
          given
        ) : (
          <>
            <span>{wanted ? labelTexts.account.wanted : notGiven}</span>
            <ButtonAnchor href={allowLabelsAt('/account')} size="sm">
              {labelTexts.missing.action}
            </ButtonAnchor>
          </>
        )}
      </dd>
    </>
  );
}

/** In words; several scopes can mean one thing. */
const permissionsOf = (scopes: readonly string[]): string[] => [
  ...new Set(scopes.map((scope) => texts.permissions[scope] ?? scope)),
];

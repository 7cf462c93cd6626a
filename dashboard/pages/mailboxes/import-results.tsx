/** What became of each line of a list. */
import { Check, LogIn, TriangleAlert } from 'lucide-react';
import { Link } from 'wouter';
import type { Imported } from '../../../src/http/api.ts';
import { useMailboxes } from '../../mailboxes.ts';
import { importTexts as texts } from '../../texts/import.ts';
import { providerName, signIn } from '../../texts/sign-in.ts';
import { Banner } from '../../ui/banner.tsx';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';

interface Props {
  readonly imported: Imported;
  readonly onAnother: () => void;
  readonly onClose: () => void;
}

export function ImportResults({ imported: { lines }, onAnother, onClose }: Props) {
  const connected = lines.filter(({ ok }) => ok).length;
  return (
    <div className="space-y-5">
      <Summary
        connected={connected}
        all={lines.length}
        tested={lines.some(({ ok, signInUrl }) => ok && signInUrl === null)}
      />
      {lines.length > 0 && (
        <ul
          aria-label={texts.results}
          className="divide-y divide-line overflow-hidden rounded-xl border border-line"
        >
          {lines.map((line) => (
            <Line key={line.line} line={line} />
          ))}
        </ul>
      )}
      <div className="flex flex-wrap justify-end gap-3">
        {connected < lines.length && <Button onClick={onAnother}>{texts.another}</Button>}
        <Button look="primary" onClick={onClose}>
          {texts.done}
        </Button>
      </div>
    </div>
  );
}

function Summary({ connected, all, tested }: { connected: number; all: number; tested: boolean }) {
  if (connected === 0)
    return (
      <Banner tone="failed" title={texts.none}>
        {all === 0 && texts.noLines}
      </Banner>
    );
  const isWhole = connected === all;
  return (
    <Banner
      tone={isWhole ? 'delivered' : 'waiting'}
      title={isWhole ? texts.all(connected) : texts.some(connected, all)}
    >
      {tested && texts.tested} {!isWhole && texts.again}
    </Banner>
  );
}

function Line({ line: { line, mailboxId, signInUrl, error } }: { line: Imported['lines'][number] }) {
  const { data: mailboxes } = useMailboxes();
  const mailbox = mailboxes?.find(({ id }) => id === mailboxId);
  // Until it is done: the list is live.
  const waits = signInUrl !== null && mailbox?.fault?.code === 'source-consent-missing' ? signInUrl : null;
  const Icon = error !== null ? TriangleAlert : waits !== null ? LogIn : Check;
  const colour = error !== null ? 'text-failed' : waits !== null ? 'text-waiting' : 'text-delivered';
  return (
    <li className="flex items-start gap-3 px-4 py-2.5 text-sm">
      <Icon aria-hidden className={classes('mt-0.5 size-4 shrink-0', colour)} />
      <span className="w-16 shrink-0 text-muted">{texts.line(line)}</span>
      {error === null ? (
        <div className="min-w-0 space-y-1">
          <Link href={`/mailboxes/${mailboxId}`} className="wrap-anywhere text-accent underline">
            {mailbox?.username ?? texts.connected}
          </Link>
          {waits !== null && <SignIn href={waits} provider={providerName(mailbox?.provider)} />}
        </div>
      ) : (
        <span className="min-w-0 wrap-anywhere font-medium text-failed">{texts.problem(error.message)}</span>
      )}
    </li>
  );
}

/** In a tab of its own: the results of the other lines are here only. */
function SignIn({ href, provider }: { href: string; provider: string }) {
  return (
    <p>
      {texts.waits(provider)}{' '}
      <a href={href} target="_blank" rel="noreferrer" className="text-accent underline">
        {signIn.name(provider)}
        <span className="sr-only"> {texts.newTab}</span>
      </a>
    </p>
  );
}

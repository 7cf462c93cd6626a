/** From an e-mail address to its servers. */
import { type FormEvent, useState } from 'react';
import { connect } from '../../texts/connect.ts';
import { Banner } from '../../ui/banner.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { TextField } from '../../ui/field.tsx';
import { Progress } from '../../ui/progress.tsx';
import { FetcherNote } from './fetcher-note.tsx';
import { discover } from './setup.ts';
import { StepActions, StepFrame } from './step-frame.tsx';
import type { NewStepProps } from './step-props.ts';
import { type Candidate, NO_ADDRESS, type ServerInput } from './stored.ts';
import { useAction } from './use-action.ts';

const isEmail = (email: string): boolean => /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(email);

export const serverOf = ({ protocol, host, port, security }: Candidate): ServerInput => ({
  protocol,
  host,
  port: String(port),
  security,
});

export function AddressStep({ input, change, go }: NewStepProps) {
  const { address } = connect;
  const search = useAction();
  const [refused, setRefused] = useState(false);
  const email = input.email.trim();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (search.busy) return;
    setRefused(!isEmail(email));
    if (!isEmail(email)) return;
    const found = await search.run(async () => {
      const { candidates, ...found } = await discover(email);
      // Where no password will do and no sign-in is offered, there is nothing to be done.
      const usable = candidates.filter(({ auth, provider }) => auth !== 'oauth' || provider !== undefined);
      const discovery = { ...found, candidates: usable };
      const [best] = discovery.candidates;
      change({
        email,
        discovery,
        candidate: best ? 0 : null,
        server: best ? serverOf(best) : NO_ADDRESS.server,
        username: best?.username ?? email,
      });
    });
    if (found) go('login');
  };

  const enterManually = () => {
    change({ discovery: null, candidate: null, username: input.username || email });
    go('login');
  };

  return (
    <StepFrame heading={address.heading} intro={address.intro}>
      <Card>
        <form noValidate className="space-y-5" onSubmit={(event) => void submit(event)}>
          <TextField
            label={address.email}
            hint={address.emailHint}
            error={refused ? address.invalid : null}
            type="email"
            autoComplete="email"
            autoCapitalize="none"
            spellCheck={false}
            value={input.email}
            onChange={({ target }) => change({ email: target.value })}
          />
          {search.busy && (
            <div className="space-y-2" role="status">
              <p className="text-sm font-medium">{address.looking(email.slice(email.indexOf('@') + 1))}</p>
              <Progress value={null} label={address.looking(email.slice(email.indexOf('@') + 1))} />
              <p className="text-sm text-muted">{address.lookingHint}</p>
            </div>
          )}
          {search.error !== null && <Banner tone="failed">{address.failed}</Banner>}
          <StepActions>
            <Button onClick={enterManually}>{address.manual}</Button>
            <Button type="submit" look="primary" busy={search.busy}>
              {connect.next}
            </Button>
          </StepActions>
        </form>
      </Card>
      <FetcherNote />
    </StepFrame>
  );
}

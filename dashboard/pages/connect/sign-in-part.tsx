/** Where the provider lets its users in by itself: no password, one button that leads there. */
import { useMailboxes } from '../../mailboxes.ts';
import { providerName, signIn, signInPath } from '../../texts/sign-in.ts';
import { Button } from '../../ui/button.tsx';
import { Problem } from './problem.tsx';
import { useSetup } from './setup.ts';
import { StepActions } from './step-frame.tsx';
import type { NewStepProps } from './step-props.ts';
import { useAction } from './use-action.ts';

export function SignInPart({ input, change, back, provider }: NewStepProps & { provider: string }) {
  const name = providerName(provider);
  const setup = useSetup();
  const leaving = useAction();
  const { data: mailboxes = [] } = useMailboxes();
  const { server, username, draftId } = input;

  const leave = () =>
    void leaving.run(async () => {
      const draft = mailboxes.find((each) => each.id === draftId);
      const same =
        draft?.provider === provider && draft.protocol === server.protocol && draft.username === username;
      if (draft && !same) await setup.discard(draft.id);
      const mailbox = draft && same ? draft : await setup.createSignedIn({ server, username }, provider);
      change({ draftId: mailbox.id });
      window.location.assign(signInPath(mailbox));
      // The button stays busy until the page is gone, or the browser brings it back as it was.
      await new Promise((resolve) => window.addEventListener('pageshow', resolve, { once: true }));
    });

  return (
    <div className="space-y-6">
      <div className="space-y-2 text-sm">
        <p>{signIn.intro(name)}</p>
        <p className="text-muted">{signIn.back}</p>
      </div>
      {leaving.error !== null && <Problem error={leaving.error} account={{ server, username }} />}
      <StepActions onBack={back}>
        <Button look="primary" busy={leaving.busy} onClick={leave}>
          {leaving.busy ? signIn.going(name) : signIn.go(name)}
        </Button>
      </StepActions>
    </div>
  );
}

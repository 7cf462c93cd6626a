/** A draft whose owner has not signed in at the provider yet, or has come back without agreeing. */
import { connect } from '../../texts/connect.ts';
import { providerName, signIn, signInPath } from '../../texts/sign-in.ts';
import { Button, ButtonAnchor } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { StepFrame } from './step-frame.tsx';
import type { DraftStepProps } from './step-props.ts';

export function SignInStep({ mailbox, go }: DraftStepProps) {
  const name = providerName(mailbox.provider);
  return (
    <StepFrame key="sign-in" heading={signIn.name(name)}>
      <Card className="space-y-5">
        <div className="space-y-2 text-sm">
          <p className="font-medium">{signIn.missing(name)}</p>
          <p>{signIn.intro(name)}</p>
          <p className="text-muted">{signIn.back}</p>
        </div>
        <div className="flex flex-wrap gap-3">
          <ButtonAnchor look="primary" href={signInPath(mailbox)}>
            {signIn.go(name)}
          </ButtonAnchor>
          <Button look="quiet" onClick={() => go('address')}>
            {connect.test.otherProtocol}
          </Button>
        </div>
      </Card>
    </StepFrame>
  );
}

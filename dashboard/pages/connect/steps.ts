/** The wizard's steps, in order, as data: another one is another line. */
import type { ComponentType } from 'react';
import { connect } from '../../texts/connect.ts';
import { AddressStep } from './address-step.tsx';
import { ChooseStep } from './choose-step.tsx';
import { LoginStep } from './login-step.tsx';
import { RunningStep } from './running-step.tsx';
import type { DraftStepProps, NewStepProps, StepId } from './step-props.ts';
import { SummaryStep } from './summary-step.tsx';
import { TestStep } from './test-step.tsx';

interface Named {
  readonly id: StepId;
  readonly name: string;
}

/** `new`: without a draft. `draft`: with one; `tested`: only when its test went well. `started`: when it is none any more. */
export type Step = Named &
  (
    | { readonly when: 'new'; readonly Component: ComponentType<NewStepProps> }
    | { readonly when: 'draft' | 'tested' | 'started'; readonly Component: ComponentType<DraftStepProps> }
  );

export const STEPS: readonly Step[] = [
  { id: 'address', when: 'new', name: connect.address.name, Component: AddressStep },
  { id: 'login', when: 'new', name: connect.login.name, Component: LoginStep },
  { id: 'test', when: 'draft', name: connect.test.name, Component: TestStep },
  { id: 'choose', when: 'tested', name: connect.choose.name, Component: ChooseStep },
  { id: 'summary', when: 'tested', name: connect.summary.name, Component: SummaryStep },
  { id: 'running', when: 'started', name: connect.running.name, Component: RunningStep },
];

export const stepOf = (id: string | null): Step | undefined => STEPS.find((step) => step.id === id);

/** What each step is given. */
import type { Mailbox, ProbeReportView } from '../../../src/http/api.ts';
import type { AddressInput } from './stored.ts';

export type StepId = 'address' | 'login' | 'test' | 'choose' | 'summary' | 'running';

/** Before there is a draft. */
export interface NewStepProps {
  readonly input: AddressInput;
  readonly change: (part: Partial<AddressInput>) => void;
  /** To a step; to those of a draft with its id. */
  readonly go: (step: StepId, id?: string) => void;
  readonly back: () => void;
}

/** Of a draft, and of the mailbox that it becomes. */
export interface DraftStepProps extends NewStepProps {
  readonly mailbox: Mailbox;
  readonly report: ProbeReportView;
}

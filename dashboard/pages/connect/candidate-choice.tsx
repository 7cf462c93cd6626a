/** The servers that were found, and any other. */
import { connect } from '../../texts/connect.ts';
import { Badge } from '../../ui/badge.tsx';
import { ChoiceField } from '../../ui/field.tsx';
import type { Candidate } from './stored.ts';

/** More would not help anybody to choose. */
const SHOWN = 6;

export function CandidateChoice({
  email,
  candidates,
  chosen,
  onChoose,
}: {
  email: string;
  candidates: readonly Candidate[];
  chosen: number | null;
  onChoose: (index: number | null) => void;
}) {
  const { login } = connect;
  const both = new Set(candidates.map(({ protocol }) => protocol)).size > 1;
  return (
    <fieldset className="space-y-3">
      <legend className="mb-3 text-sm font-medium">{login.found(email)}</legend>
      {candidates.slice(0, SHOWN).map(({ protocol, host, port, security, username }, index) => (
        <ChoiceField
          key={`${protocol} ${host} ${port} ${username}`}
          type="radio"
          name="candidate"
          checked={chosen === index}
          onChange={() => onChoose(index)}
          className="wrap-anywhere"
          label={
            <span className="flex flex-wrap items-center gap-2">
              {login.candidate(protocol, host)}
              {index === 0 && <Badge tone="accent">{login.best}</Badge>}
            </span>
          }
          hint={login.candidateHint(port, security, username)}
        />
      ))}
      <ChoiceField
        type="radio"
        name="candidate"
        checked={chosen === null}
        onChange={() => onChoose(null)}
        label={login.manual}
        hint={login.manualHint}
      />
      {both && <p className="text-sm text-muted">{login.imapBetter}</p>}
    </fieldset>
  );
}

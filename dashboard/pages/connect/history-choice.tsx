/** New mail only, all of it, or since a date; with what that comes to. */
import type { Mailbox } from '../../../src/http/api.ts';
import { connect } from '../../texts/connect.ts';
import { Card } from '../../ui/card.tsx';
import { ChoiceField, TextField } from '../../ui/field.tsx';
import { Amount } from './amount.tsx';
import type { ChoiceInput } from './stored.ts';

const HISTORIES = ['new', 'since', 'all'] as const;

export function HistoryChoice({
  mailbox,
  choice,
  change,
  countable,
  error,
}: {
  mailbox: Mailbox;
  choice: ChoiceInput;
  change: (part: Partial<ChoiceInput>) => void;
  /** The choice is whole. */
  countable: boolean;
  error: string | null;
}) {
  const { choose } = connect;
  return (
    <Card>
      <fieldset className="space-y-4">
        <legend className="mb-3 text-base font-semibold">{choose.history}</legend>
        {HISTORIES.map((history) => (
          <div key={history} className="space-y-2">
            <ChoiceField
              type="radio"
              name="history"
              label={choose.histories[history]}
              hint={history === 'new' ? choose.newHint : undefined}
              checked={choice.history === history}
              onChange={() => change({ history })}
            />
            {choice.history === history && history !== 'new' && (
              <div className="ml-8 space-y-3">
                {history === 'since' && (
                  <TextField
                    label={choose.date}
                    type="date"
                    className="max-w-48"
                    max={new Date().toISOString().slice(0, 10)}
                    error={error}
                    hint={mailbox.protocol === 'pop3' ? choose.pop3Dates : undefined}
                    value={choice.since}
                    onChange={({ target }) => change({ since: target.value })}
                  />
                )}
                {countable && <Amount id={mailbox.id} choice={choice} />}
              </div>
            )}
          </div>
        ))}
      </fieldset>
    </Card>
  );
}

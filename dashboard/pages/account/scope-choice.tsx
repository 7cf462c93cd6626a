/** What a new key may do, and for how long. */
import { KEY_SCOPES, type KeyScope } from '../../../src/http/api.ts';
import { scopeTexts, apiKeyTexts as texts } from '../../texts/api-keys.ts';
import { ChoiceField, SelectField } from '../../ui/field.tsx';

export interface Rights {
  readonly scopes: readonly KeyScope[];
  /** As in the select; empty: it does not end. */
  readonly days: string;
}

/** Enough to watch, and nothing to break. */
export const FIRST_RIGHTS: Rights = { scopes: ['read', 'audit:read'], days: '365' };

const OFFERED = Object.keys(scopeTexts) as KeyScope[];

export function ScopeChoice({ rights, onChange }: { rights: Rights; onChange: (rights: Rights) => void }) {
  const { scopes, days } = rights;
  const all = scopes.includes('full');
  const toggle = (scope: KeyScope, on: boolean) => {
    const chosen = KEY_SCOPES.filter((one) => (one === scope ? on : scopes.includes(one)));
    onChange({ ...rights, scopes: chosen });
  };
  return (
    <div className="space-y-5">
      <fieldset>
        <legend className="mb-3 text-sm font-medium">{texts.scopes}</legend>
        <div className="grid gap-x-8 gap-y-4 sm:grid-cols-2">
          {OFFERED.map((scope) => (
            <ChoiceField
              key={scope}
              label={scopeTexts[scope].name}
              hint={scopeTexts[scope].hint}
              checked={all || scopes.includes(scope)}
              disabled={all && scope !== 'full'}
              onChange={(event) => toggle(scope, event.target.checked)}
            />
          ))}
        </div>
      </fieldset>
      <SelectField
        label={texts.lifetime}
        value={days}
        className="max-w-64"
        onChange={(event) => onChange({ ...rights, days: event.target.value })}
      >
        {texts.lifetimes.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </SelectField>
    </div>
  );
}

/** Makes an API key and shows it once. It is in this component's state only, and gone with the dialog. */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { post } from '../../api.ts';
import { accountTexts } from '../../texts/account.ts';
import { apiKeyTexts } from '../../texts/api-keys.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import { API_KEYS } from './api-keys-query.ts';
import { FIRST_RIGHTS, type Rights, ScopeChoice } from './scope-choice.tsx';

const texts = accountTexts.keys;

export function NewKey() {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [rights, setRights] = useState<Rights>(FIRST_RIGHTS);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [key, setKey] = useState<string | null>(null);
  const choose = (chosen: Rights) => {
    setRights(chosen);
    setError(null);
  };
  // Not the query library's mutation: that would keep the key.
  const create = async () => {
    setBusy(true);
    setError(null);
    try {
      setKey((await post<{ key: string }>('/api-keys', bodyOf(name, rights))).key);
      setName('');
      setRights(FIRST_RIGHTS);
      await client.invalidateQueries({ queryKey: API_KEYS });
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <form
        className="space-y-5"
        onSubmit={(event) => {
          event.preventDefault();
          if (busy) return;
          if (rights.scopes.length === 0) setError(apiKeyTexts.noScope);
          else void create();
        }}
      >
        <div className="flex flex-wrap items-start gap-3">
          <TextField
            label={texts.name}
            hint={texts.nameHint}
            error={error}
            value={name}
            maxLength={100}
            autoComplete="off"
            className="min-w-0 flex-1 basis-64"
            onChange={(event) => setName(event.target.value)}
          />
          <Button type="submit" busy={busy} disabled={name.trim() === ''} className="sm:mt-6.5">
            {texts.create}
          </Button>
        </div>
        {name.trim() !== '' && <ScopeChoice rights={rights} onChange={choose} />}
      </form>
      <Dialog
        open={key !== null}
        onOpenChange={() => setKey(null)}
        title={texts.created}
        description={texts.createdSentence}
      >
        <div className="space-y-4">
          <p className="text-sm font-medium">{texts.keyLabel}</p>
          <code className="block rounded-lg bg-sunken p-3 font-mono text-sm break-all select-all">{key}</code>
          <div className="flex flex-wrap justify-end gap-3">
            <CopyButton text={key ?? ''} />
            <Button look="primary" size="sm" onClick={() => setKey(null)}>
              {texts.done}
            </Button>
          </div>
        </div>
      </Dialog>
    </>
  );
}

const bodyOf = (name: string, { scopes, days }: Rights) => ({
  name: name.trim(),
  scopes,
  ...(days !== '' && { expiresInDays: Number(days) }),
});

/** Changes a mailbox's server, credentials or options; only what has changed is sent. */
import { type FormEvent, type RefObject, useRef, useState } from 'react';
import type { Mailbox, PatchMailbox } from '../../../src/http/api.ts';
import { common } from '../../texts/common.ts';
import { mailboxTexts } from '../../texts/mailboxes.ts';
import { providerName, signIn } from '../../texts/sign-in.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ChoiceField, SelectField, TextField } from '../../ui/field.tsx';
import { PasswordField, takePassword } from '../connect/password-field.tsx';
import { OptionSections } from '../options/option-sections.tsx';
import { areSendable } from '../options/sections.ts';
import type { MailboxActions } from './actions.ts';
import { type Draft, draftOf, patchOf, selectionOf } from './edit-draft.ts';
import { FoldersField } from './folders-field.tsx';

interface Props {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly mailbox: Mailbox;
  readonly actions: MailboxActions;
}

export function EditDialog({ open, onOpenChange, mailbox, actions }: Props) {
  const { edit } = actions;
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        edit.reset();
        onOpenChange(next);
      }}
      title={mailboxTexts.edit.title}
      description={mailbox.username}
    >
      <EditForm
        mailbox={mailbox}
        error={edit.error?.message}
        busy={edit.isPending}
        onCancel={() => {
          edit.reset();
          onOpenChange(false);
        }}
        onSave={(change) => void edit.save(change, () => onOpenChange(false))}
      />
    </Dialog>
  );
}

interface FormProps {
  readonly mailbox: Mailbox;
  readonly error: string | undefined;
  readonly busy: boolean;
  readonly onCancel: () => void;
  readonly onSave: (change: PatchMailbox) => void;
}

function EditForm({ mailbox, error, busy, onCancel, onSave }: FormProps) {
  const [draft, setDraft] = useState(() => draftOf(mailbox));
  const [refused, setRefused] = useState(false);
  const password = useRef<HTMLInputElement>(null);
  const set = (change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    setRefused(!areSendable(draft.extras));
    if (!areSendable(draft.extras)) return;
    const change = patchOf(mailbox, draft, takePassword(password));
    if (change === null) onCancel();
    else onSave(change);
  };
  return (
    <form className="space-y-6" onSubmit={submit}>
      {mailbox.auth === 'oauth' ? (
        <p className="text-sm text-muted">{signIn.fixed(providerName(mailbox.provider))}</p>
      ) : (
        <ConnectionFields draft={draft} set={set} password={password} />
      )}
      <OptionFields mailbox={mailbox} draft={draft} set={set} />
      <OptionSections
        mailbox={mailbox}
        selection={selectionOf(draft)}
        extras={draft.extras}
        change={(part) => set({ extras: { ...draft.extras, ...part } })}
        refused={refused}
      />
      {error && (
        <p role="alert" className="text-sm font-medium text-failed">
          {error}
        </p>
      )}
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={onCancel}>{common.cancel}</Button>
        <Button type="submit" look="primary" busy={busy}>
          {mailboxTexts.edit.save}
        </Button>
      </div>
    </form>
  );
}

interface FieldsProps {
  readonly draft: Draft;
  readonly set: (change: Partial<Draft>) => void;
}

function ConnectionFields({
  draft,
  set,
  password,
}: FieldsProps & { password: RefObject<HTMLInputElement | null> }) {
  const texts = mailboxTexts.edit;
  return (
    <fieldset className="space-y-4">
      <legend className="mb-3 text-sm font-semibold text-muted">{texts.serverPart}</legend>
      <div className="grid grid-cols-[1fr_6rem] gap-3">
        <TextField
          label={texts.host}
          required
          value={draft.host}
          onChange={(e) => set({ host: e.target.value })}
        />
        <TextField
          label={texts.port}
          type="number"
          min={1}
          max={65535}
          required
          value={draft.port}
          onChange={(e) => set({ port: e.target.value })}
        />
      </div>
      <SelectField
        label={texts.security}
        value={draft.security}
        onChange={(e) => set({ security: e.target.value === 'tls' ? 'tls' : 'starttls' })}
      >
        <option value="tls">{mailboxTexts.settings.security.tls}</option>
        <option value="starttls">{mailboxTexts.settings.security.starttls}</option>
      </SelectField>
      <TextField
        label={texts.username}
        required
        autoComplete="off"
        value={draft.username}
        onChange={(e) => set({ username: e.target.value })}
      />
      <PasswordField field={password} label={texts.password} hint={texts.passwordHint} />
    </fieldset>
  );
}

function OptionFields({ mailbox, draft, set }: FieldsProps & { mailbox: Mailbox }) {
  const texts = mailboxTexts.edit;
  const { history, skipInbox, neverSpam, poll } = mailboxTexts.settings;
  return (
    <fieldset className="space-y-4">
      <legend className="mb-3 text-sm font-semibold text-muted">{texts.optionsPart}</legend>
      <div className="grid gap-3 sm:grid-cols-2">
        <SelectField
          label={texts.history}
          value={draft.history}
          onChange={(e) => set({ history: e.target.value as Draft['history'] })}
        >
          <option value="all">{history.all}</option>
          <option value="new">{history.new}</option>
          <option value="since">{history.since('…')}</option>
        </SelectField>
        {draft.history === 'since' && (
          <TextField
            label={texts.since}
            type="date"
            required
            value={draft.since}
            onChange={(e) => set({ since: e.target.value })}
          />
        )}
      </div>
      {mailbox.protocol === 'imap' && (
        <FoldersField folders={draft.folders} onChange={(folders) => set({ folders })} />
      )}
      <ChoiceField
        label={skipInbox}
        checked={draft.skipInbox}
        onChange={(e) => set({ skipInbox: e.target.checked })}
      />
      <ChoiceField
        label={neverSpam}
        checked={draft.neverSpam}
        onChange={(e) => set({ neverSpam: e.target.checked })}
      />
      <TextField
        label={poll}
        hint={texts.pollHint}
        type="number"
        min={1}
        max={86400}
        required
        value={draft.pollSeconds}
        onChange={(e) => set({ pollSeconds: e.target.value })}
      />
    </fieldset>
  );
}

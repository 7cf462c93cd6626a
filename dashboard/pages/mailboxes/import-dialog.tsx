/**
 * Connects the mailboxes of a CSV file. The file goes to the service as it is: its passwords are never read here, and only
 * the answer is kept, for as long as the dialog is open.
 */
import { useQueryClient } from '@tanstack/react-query';
import { Upload } from 'lucide-react';
import { type FormEvent, useRef, useState } from 'react';
import type { Imported } from '../../../src/http/api.ts';
import { postCsv } from '../../api.ts';
import { MAILBOXES_KEY } from '../../mailboxes.ts';
import { common } from '../../texts/common.ts';
import { TEMPLATE, importTexts as texts } from '../../texts/import.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import { ImportResults } from './import-results.tsx';

const MOST_BYTES = 256 * 1024;

export function ImportList() {
  const [open, setOpen] = useState(false);
  const [imported, setImported] = useState<Imported | null>(null);
  const close = () => {
    setOpen(false);
    setImported(null);
  };
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        <Upload aria-hidden className="size-4" />
        {texts.open}
      </Button>
      <Dialog
        open={open}
        onOpenChange={(next) => (next ? setOpen(true) : close())}
        title={texts.title}
        description={imported === null && texts.intro}
      >
        {imported === null ? (
          <ChooseFile onDone={setImported} onCancel={close} />
        ) : (
          <ImportResults imported={imported} onAnother={() => setImported(null)} onClose={close} />
        )}
      </Dialog>
    </>
  );
}

function ChooseFile({ onDone, onCancel }: { onDone: (imported: Imported) => void; onCancel: () => void }) {
  const client = useQueryClient();
  const field = useRef<HTMLFormElement>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  // Not the query library's mutation: that would keep the file.
  const send = async (file: File) => {
    setBusy(true);
    setError(null);
    try {
      onDone(await postCsv<Imported>('/mailboxes/import', file));
    } catch (failure) {
      setError(failure instanceof Error ? texts.refused(failure.message) : String(failure));
      setBusy(false);
    }
    await client.invalidateQueries({ queryKey: MAILBOXES_KEY });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    const file = field.current?.querySelector('input')?.files?.[0];
    if (!file) setError(texts.choose);
    else if (file.size > MOST_BYTES) setError(texts.tooLarge);
    else void send(file);
  };
  return (
    <form ref={field} className="space-y-5" onSubmit={submit}>
      <p className="text-sm text-muted">
        {texts.templateHint}{' '}
        <a
          href={`data:text/csv;charset=utf-8,${encodeURIComponent(TEMPLATE)}`}
          download="mailboxes.csv"
          className="text-accent underline underline-offset-2"
        >
          {texts.template}
        </a>
      </p>
      <TextField
        type="file"
        accept=".csv,text/csv"
        label={texts.file}
        hint={texts.fileHint}
        error={error}
        className="[&_input]:py-2"
        onChange={() => setError(null)}
      />
      <p role="status" className="sr-only">
        {busy && texts.busy}
      </p>
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={onCancel}>{common.cancel}</Button>
        <Button type="submit" look="primary" busy={busy}>
          {texts.start}
        </Button>
      </div>
    </form>
  );
}

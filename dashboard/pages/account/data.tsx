/** Taking one's data along, and the end of the account. */
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { remove } from '../../api.ts';
import { accountTexts } from '../../texts/account.ts';
import { Button, ButtonAnchor } from '../../ui/button.tsx';
import { Card, Section } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { forgetAll } from '../connect/stored.ts';

const texts = accountTexts.data;

export function Data({ email }: { email: string }) {
  const [asked, setAsked] = useState(false);
  const deletion = useMutation({
    mutationFn: () => remove<{ revoked: boolean }>('/account'),
    // A page of the server's: nobody is signed in here any more.
    onSuccess: ({ revoked }) => {
      forgetAll();
      window.location.assign(`/goodbye?revoked=${revoked ? 1 : 0}`);
    },
  });
  const [first, ...rest] = texts.confirm;
  return (
    <Section title={texts.title}>
      <Card className="divide-y divide-line py-0">
        <Part title={texts.exportTitle} sentence={texts.exportSentence}>
          <ButtonAnchor href="/api/v1/account/export" download>
            {texts.export}
          </ButtonAnchor>
        </Part>
        <Part title={texts.tablesTitle} sentence={texts.tablesSentence}>
          <div className="flex flex-wrap gap-3">
            <ButtonAnchor href="/api/v1/mailboxes.csv" download>
              {texts.mailboxes}
            </ButtonAnchor>
            <ButtonAnchor href="/api/v1/audit.csv?chain=true" download>
              {texts.audit}
            </ButtonAnchor>
          </div>
        </Part>
        <Part title={texts.deleteTitle} sentence={texts.deleteSentence}>
          <Button look="danger" onClick={() => setAsked(true)}>
            {texts.delete}
          </Button>
        </Part>
      </Card>
      <ConfirmDialog
        open={asked}
        onOpenChange={setAsked}
        title={texts.confirmTitle}
        action={texts.confirmAction}
        typed={{ word: email, label: texts.typeLabel(email) }}
        busy={deletion.isPending || deletion.isSuccess}
        error={deletion.error?.message}
        onConfirm={() => deletion.mutate()}
      >
        <p>{first}</p>
        <ul className="list-disc space-y-1 pl-5">
          {rest.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      </ConfirmDialog>
    </Section>
  );
}

function Part({ title, sentence, children }: { title: string; sentence: string; children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-4 py-5">
      <div className="min-w-0 flex-1 basis-80">
        <h3 className="text-sm font-semibold">{title}</h3>
        <p className="text-sm text-muted">{sentence}</p>
      </div>
      {children}
    </div>
  );
}

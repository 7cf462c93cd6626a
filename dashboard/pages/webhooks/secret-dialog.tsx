/** A secret, this once. */
import { webhookTexts } from '../../texts/webhooks.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Dialog } from '../../ui/dialog.tsx';

const texts = webhookTexts.secret;

export function SecretDialog({ secret, onClose }: { secret: string | null; onClose: () => void }) {
  return (
    <Dialog open={secret !== null} onOpenChange={onClose} title={texts.made} description={texts.sentence}>
      <div className="space-y-4">
        <p className="text-sm font-medium">{texts.label}</p>
        <code className="block rounded-lg bg-sunken p-3 font-mono text-sm break-all select-all">
          {secret}
        </code>
        <div className="flex flex-wrap justify-end gap-3">
          <CopyButton text={secret ?? ''} />
          <Button look="primary" size="sm" onClick={onClose}>
            {texts.done}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

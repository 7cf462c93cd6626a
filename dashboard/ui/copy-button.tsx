/** Copies a text to the clipboard and says so. */
import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { common } from '../texts/common.ts';
import { Button } from './button.tsx';

export function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const Icon = copied ? Check : Copy;
  return (
    <Button
      size="sm"
      onClick={() => {
        navigator.clipboard.writeText(text).then(
          () => setCopied(true),
          () => setCopied(false),
        );
      }}
    >
      <Icon aria-hidden className="size-4" />
      <span aria-live="polite">{copied ? common.copied : common.copy}</span>
    </Button>
  );
}

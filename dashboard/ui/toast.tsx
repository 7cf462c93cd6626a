/** Short words about what has just happened; read out politely, gone after a while. */
import { Toast } from 'radix-ui';
import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';
import { classes } from './classes.ts';

interface Word {
  readonly id: number;
  readonly text: string;
  readonly failed: boolean;
}

type Say = (text: string, options?: { failed?: boolean }) => void;

const ToastContext = createContext<Say>(() => undefined);

/** Says something to the user. */
export const useToast = (): Say => useContext(ToastContext);

export function Toasts({ children }: { children: ReactNode }) {
  const [words, setWords] = useState<readonly Word[]>([]);
  const say = useCallback<Say>((text, { failed = false } = {}) => {
    setWords((before) => [...before.slice(-2), { id: (before.at(-1)?.id ?? 0) + 1, text, failed }]);
  }, []);
  const forget = (id: number) => setWords((before) => before.filter((word) => word.id !== id));
  return (
    <ToastContext.Provider value={say}>
      <Toast.Provider duration={5000}>
        {children}
        {words.map(({ id, text, failed }) => (
          <Toast.Root
            key={id}
            onOpenChange={(open) => !open && forget(id)}
            className={classes(
              'rounded-xl border px-4 py-3 text-sm font-medium wrap-anywhere shadow-lg',
              failed ? 'border-failed bg-failed-soft text-failed' : 'border-line bg-raised text-ink',
            )}
          >
            <Toast.Description>{text}</Toast.Description>
          </Toast.Root>
        ))}
        <Toast.Viewport className="fixed right-4 bottom-20 z-50 flex w-[calc(100%-2rem)] max-w-sm flex-col gap-2 md:bottom-6" />
      </Toast.Provider>
    </ToastContext.Provider>
  );
}

/** Says that something failed, unless the page says so already: an ended session has its own dialog. */
import { useCallback } from 'react';
import { ApiError } from '../../api.ts';
import { useToast } from '../../ui/toast.tsx';

export function useSayError(): (error: Error) => void {
  const say = useToast();
  return useCallback(
    (error) => {
      if (!(error instanceof ApiError && error.status === 401)) say(error.message, { failed: true });
    },
    [say],
  );
}

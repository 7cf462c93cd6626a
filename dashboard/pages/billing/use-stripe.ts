/** The ways to Stripe's own pages. */
import { useMutation } from '@tanstack/react-query';
import { post } from '../../api.ts';
import { useToast } from '../../ui/toast.tsx';

/** Leaves for the checkout or the portal. Stays at work until the browser has left. */
export function useStripe(where: 'checkout' | 'portal') {
  const say = useToast();
  return useMutation({
    mutationFn: async () => {
      const { url } = await post<{ url: string }>(`/billing/${where}`);
      window.location.assign(url);
      // The page is on its way out; a second press would open a second way.
      await new Promise((resolve) => setTimeout(resolve, 10_000));
    },
    onError: (error) => say(error.message, { failed: true }),
  });
}

/** The dashboard's entry: what the shell (src/http/pages/app.ts) loads. */
import './styles.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { setNonce } from 'get-nonce';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { queryClient } from './query-client.ts';
import { reloadOnce } from './reload-once.ts';
import { Toasts } from './ui/toast.tsx';

// What radix puts into a <style> while a dialog is open needs the nonce that the policy names.
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce;
if (nonce) setNonce(nonce);

window.addEventListener('vite:preloadError', () => void reloadOnce());

const root = document.getElementById('app');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <ErrorBoundary>
          <Toasts>
            <App />
          </Toasts>
        </ErrorBoundary>
      </QueryClientProvider>
    </StrictMode>,
  );
}

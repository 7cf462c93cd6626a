/** Which page an address shows. Each is loaded when it is first wanted. */
import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { ErrorBoundary } from './error-boundary.tsx';
import { Layout } from './layout.tsx';
import { NotFound } from './pages/not-found.tsx';
import { Loading, Skeleton } from './ui/states.tsx';

const Connect = lazy(() => import('./pages/connect/connect.tsx'));
const GlassBox = lazy(() => import('./pages/glass-box/glass-box.tsx'));
const Mailboxes = lazy(() => import('./pages/mailboxes/mailboxes.tsx'));
const MailboxPage = lazy(() => import('./pages/mailboxes/mailbox.tsx'));
const Account = lazy(() => import('./pages/account/account.tsx'));
const Notices = lazy(() => import('./pages/notices/notices.tsx'));
const Webhooks = lazy(() => import('./pages/webhooks/webhooks.tsx'));
const Billing = lazy(() => import('./pages/billing/billing.tsx'));

export function App() {
  const [place] = useLocation();
  return (
    <Layout>
      <ErrorBoundary place={place}>
        <Suspense fallback={<PageLoading />}>
          <Switch>
            <Route path="/">
              <Redirect to="/mailboxes" replace />
            </Route>
            <Route path="/connect/:id?" component={Connect} />
            <Route path="/glass-box" component={GlassBox} />
            <Route path="/mailboxes" component={Mailboxes} />
            <Route path="/mailboxes/:id" component={MailboxPage} />
            <Route path="/billing" component={Billing} />
            <Route path="/account" component={Account} />
            <Route path="/notices" component={Notices} />
            <Route path="/webhooks" component={Webhooks} />
            <Route component={NotFound} />
          </Switch>
        </Suspense>
      </ErrorBoundary>
    </Layout>
  );
}

const PageLoading = () => (
  <Loading className="mx-auto w-full max-w-6xl space-y-6 px-4 py-8 md:px-6">
    <Skeleton className="h-8 w-56" />
    <Skeleton className="h-40" />
  </Loading>
);

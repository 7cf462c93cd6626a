/** The frame of the app: where one can go, who is signed in, and what concerns every page. */
import { CircleUser, CreditCard, Inbox, ScanSearch } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import { useAccount } from './account.ts';
import { SESSION_ENDED } from './api.ts';
import { useLiveUpdates } from './events.ts';
import { NoticeBell } from './notice-bell.tsx';
import { BillingBanner } from './pages/billing/billing-banner.tsx';
import { forgetAll } from './pages/connect/stored.ts';
import { common } from './texts/common.ts';
import { Banner } from './ui/banner.tsx';
import { Button, ButtonAnchor } from './ui/button.tsx';
import { classes } from './ui/classes.ts';
import { Dialog } from './ui/dialog.tsx';
import { Menu } from './ui/menu.tsx';

const PLACES = [
  { href: '/mailboxes', text: common.nav.mailboxes, Icon: Inbox, also: '/connect' },
  { href: '/glass-box', text: common.nav.glassBox, Icon: ScanSearch, also: null },
  { href: '/billing', text: common.nav.billing, Icon: CreditCard, also: null },
  { href: '/account', text: common.nav.account, Icon: CircleUser, also: '/webhooks' },
] as const;

export function Layout({ children }: { children: ReactNode }) {
  useLiveUpdates();
  return (
    <div className="flex min-h-dvh flex-col">
      <a
        href="#content"
        className="sr-only rounded-lg bg-accent px-4 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50"
      >
        {common.skip}
      </a>
      <Header />
      <Offline />
      <BillingBanner />
      <main id="content" tabIndex={-1} className="flex-1 pb-20 md:pb-8">
        {children}
      </main>
      <PhoneNavigation />
      <SessionEnded />
    </div>
  );
}

/** The place itself, or what belongs to it: the marks of assistive technology. */
function marksOf(location: string, { href, also }: (typeof PLACES)[number]): 'page' | 'true' | undefined {
  if (location === href) return 'page';
  const isWithin = (place: string) => location === place || location.startsWith(`${place}/`);
  return isWithin(href) || (also !== null && isWithin(also)) ? 'true' : undefined;
}

function Header() {
  const [location] = useLocation();
  return (
    <header className="border-b border-line bg-surface">
      <div className="mx-auto flex max-w-6xl items-center gap-6 px-4 py-2.5 md:px-6">
        <Link href="/mailboxes" className="text-base font-bold tracking-tight whitespace-nowrap">
          {common.product}
        </Link>
        <nav aria-label={common.navigation} className="hidden flex-1 gap-1 md:flex">
          {PLACES.map((place) => (
            <Link
              key={place.href}
              href={place.href}
              aria-current={marksOf(location, place)}
              className={classes(
                'rounded-lg px-3 py-2 text-sm font-medium whitespace-nowrap hover:bg-sunken',
                marksOf(location, place) ? 'bg-accent-soft text-accent' : 'text-muted',
              )}
            >
              {place.text}
            </Link>
          ))}
        </nav>
        <AccountMenu />
      </div>
    </header>
  );
}

function AccountMenu() {
  const [, navigate] = useLocation();
  const { data: account } = useAccount();
  return (
    <div className="ml-auto flex items-center gap-2">
      <NoticeBell />
      <Menu
        trigger={
          <Button look="quiet" className="max-w-56">
            <CircleUser aria-hidden className="size-5 shrink-0" />
            <span className="sr-only">{common.menu}</span>
            <span className="hidden truncate sm:max-md:inline lg:inline">{account?.email ?? ''}</span>
          </Button>
        }
        items={[
          { text: common.nav.account, onSelect: () => navigate('/account') },
          { text: common.signOut, onSelect: () => void signOut() },
        ]}
      />
    </div>
  );
}

async function signOut(): Promise<void> {
  await fetch('/auth/logout', { method: 'POST', headers: { accept: 'application/json' } }).catch(() => null);
  forgetAll();
  window.location.assign('/');
}

function PhoneNavigation() {
  const [location] = useLocation();
  return (
    <nav
      aria-label={common.navigation}
      className="fixed inset-x-0 bottom-0 z-30 flex border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {PLACES.map((place) => (
        <Link
          key={place.href}
          href={place.href}
          aria-current={marksOf(location, place)}
          className={classes(
            'flex min-h-14 flex-1 flex-col items-center justify-center gap-0.5 text-xs font-medium',
            marksOf(location, place) ? 'text-accent' : 'text-muted',
          )}
        >
          <place.Icon aria-hidden className="size-5" />
          {place.text}
        </Link>
      ))}
    </nav>
  );
}

function Offline() {
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const update = () => setOnline(navigator.onLine);
    window.addEventListener('online', update);
    window.addEventListener('offline', update);
    return () => {
      window.removeEventListener('online', update);
      window.removeEventListener('offline', update);
    };
  }, []);
  if (online) return null;
  return (
    <Banner tone="rejected" className="mx-auto mt-3 w-[calc(100%-2rem)] max-w-[69rem] md:w-[calc(100%-3rem)]">
      {common.offline}
    </Banner>
  );
}

/** Over whatever was being done, which stays as it is behind it until the page is left. */
function SessionEnded() {
  const [ended, setEnded] = useState(false);
  useEffect(() => {
    const end = () => setEnded(true);
    window.addEventListener(SESSION_ENDED, end);
    return () => window.removeEventListener(SESSION_ENDED, end);
  }, []);
  const [path] = useLocation();
  const search = useSearch();
  const here = search === '' ? path : `${path}?${search}`;
  return (
    <Dialog
      open={ended}
      onOpenChange={setEnded}
      title={common.sessionEnded.title}
      description={common.sessionEnded.sentence}
    >
      <ButtonAnchor look="primary" href={`/?next=${encodeURIComponent(here)}`}>
        {common.sessionEnded.action}
      </ButtonAnchor>
    </Dialog>
  );
}

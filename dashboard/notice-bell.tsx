/** The way to the notices, with how many are unread. */
import { Bell } from 'lucide-react';
import { Link, useLocation } from 'wouter';
import { useNoticeCounts } from './notices.ts';
import { noticeTexts } from './texts/notices.ts';
import { buttonClasses } from './ui/button.tsx';
import { classes } from './ui/classes.ts';

const MOST = 99;

export function NoticeBell() {
  const [location] = useLocation();
  const { data: counts } = useNoticeCounts();
  const unread = counts?.unread ?? 0;
  return (
    <Link
      href="/notices"
      aria-label={noticeTexts.bell(unread)}
      aria-current={location === '/notices' ? 'page' : undefined}
      className={classes(buttonClasses('quiet'), 'relative px-2.5')}
    >
      <Bell aria-hidden className="size-5" />
      {unread > 0 && (
        <span
          aria-hidden
          className="absolute -top-0.5 -right-0.5 min-w-5 rounded-full bg-accent px-1 text-center text-xs leading-5 font-bold text-on-accent"
        >
          {unread > MOST ? `${MOST}+` : unread}
        </span>
      )}
    </Link>
  );
}

/** What can go wrong at Google, and here. */
import { text } from './fault-text.ts';

export const GOOGLE_FAULTS = {
  'grant-missing': text(
    'consent',
    'Google’s permission is missing',
    'There is no permission to add mail to your Gmail.',
    'Sign in with Google again. Everything goes on from where it stopped.',
  ),
  'grant-revoked': text(
    'consent',
    'Google’s permission has ended',
    'It was withdrawn, or ended with a changed password or after a long pause.',
    'Sign in with Google again. Everything goes on from where it stopped.',
  ),
  'scope-missing': text(
    'consent',
    'The permission was not ticked',
    'You signed in, and the permission to add mail was left unticked.',
    'Sign in again and leave it ticked. It cannot be used to read your mail.',
  ),
  'gmail-not-enabled': text(
    'consent',
    'No Gmail in this account',
    'This Google account exists, and has no Gmail mailbox.',
    'Switch Gmail on for the account, or sign in with another one.',
  ),
  'domain-policy': text(
    'consent',
    'Not allowed by your administrator',
    'The administrator of this Google account does not allow programs to use Gmail.',
    'Ask the administrator to allow this service, then sign in again.',
  ),
  'gmail-rate-limited': text(
    'wait',
    'Gmail asks to slow down',
    'Gmail limits how much may be added to one account, and named a time to go on.',
    'It goes on by itself at that time.',
  ),
  'gmail-too-concurrent': text(
    'wait',
    'Gmail asks for less at once',
    'Gmail takes only a few messages at the same time for one account.',
    'It goes on by itself, more slowly.',
  ),
} as const;

export const OUR_FAULTS = {
  'project-quota': text(
    'wait',
    'Our daily share at Gmail is used up',
    'All accounts of this service together have reached what Gmail allows in a day.',
    'It goes on by itself tomorrow. Nothing is lost.',
  ),
  'gmail-unavailable': text(
    'wait',
    'Gmail has a problem',
    'Gmail answers with a temporary error.',
    'It goes on by itself. Nothing is lost.',
  ),
  'google-unavailable': text(
    'wait',
    'Google’s sign-in has a problem',
    'Google cannot confirm the permission at the moment.',
    'It goes on by itself.',
  ),
  'stripe-unavailable': text(
    'retry',
    'The payment service has a problem',
    'Stripe, which takes the payments, does not answer at the moment.',
    'Try again in a minute. Your plan and your mailboxes stay as they are.',
  ),
  'plan-limit': text(
    'none',
    'Waiting for a larger plan',
    'Your plan allows fewer mailboxes than you have connected, so this one is not looked at.',
    'It goes on by itself as soon as the plan allows it. The page Billing shows your plan.',
  ),
  'lease-lost': text(
    'wait',
    'Another worker took over',
    'Two of our machines wanted this mailbox, and one gave way.',
    'It goes on by itself.',
  ),
  'seal-broken': text(
    'password',
    'The stored password cannot be opened',
    'What is stored here in encrypted form no longer fits its key.',
    'Enter the password again.',
  ),
  'database-unavailable': text(
    'wait',
    'Our database does not answer',
    'This is our problem, not yours.',
    'It goes on by itself.',
  ),
} as const;

/** What the public pages say about this installation. All of it follows from the configuration, none is written down. */
import type { WebConfig } from '../config.ts';
import type { Plans } from '../core/plan.ts';

export interface SubProcessor {
  readonly name: string;
  readonly purpose: string;
}

export interface Installation {
  /** null: the pages name "the operator of this installation". */
  readonly contactEmail: string | null;
  /** Days for which the database can be brought back to an earlier state; null: no such history is configured. */
  readonly historyDays: number | null;
  /** After which a mailbox at rest is wiped. */
  readonly retentionDays: number;
  readonly subProcessors: readonly SubProcessor[];
  /** Providers of mailboxes that can be signed in at, by name. */
  readonly signIns: readonly string[];
  /** False: self-hosted, no plans and no limits. */
  readonly billing: boolean;
  /** What they allow, where there are plans. */
  readonly plans: Plans;
}

const GOOGLE: SubProcessor = {
  name: 'Google (Gmail API, sign-in)',
  purpose:
    'Takes your mail into your Gmail, tells us your account id and e-mail address at sign-in, and is told when a consent ends.',
};
const STRIPE: SubProcessor = {
  name: 'Stripe',
  purpose:
    'Takes payments. Card details are entered at Stripe and never reach us. Stripe gets your e-mail address; nothing of your mail.',
};
const MAILJET: SubProcessor = {
  name: 'Mailjet',
  purpose:
    'Sends our notices to your e-mail address. They hold nothing of your mail but, where a message was refused, its sender’s domain.',
};

/** What we know to say about names in SUB_PROCESSORS; any other is given its name and the operator's word. */
const PURPOSES: Readonly<Record<string, string>> = {
  'fly.io': 'Runs the web and the worker processes. Mail passes through their memory and is not stored.',
  neon: 'Keeps the database: account, settings, audit log, and the credentials, which it holds in sealed form only.',
  cloudflare:
    'Stands between your browser and this site against attacks, and sees that traffic. Your mail does not pass through it.',
};

export const installationOf = (config: WebConfig): Installation => ({
  contactEmail: config.contactEmail,
  historyDays: config.historyDays,
  retentionDays: config.retentionDays,
  subProcessors: [
    GOOGLE,
    ...(config.stripe ? [STRIPE] : []),
    ...(config.sendsMail ? [MAILJET] : []),
    ...config.subProcessors.map(describe),
  ],
  signIns: [...config.signIns.values()].map(({ provider }) => provider.name),
  billing: config.stripe !== null,
  plans: config.plans,
});

const describe = (name: string): SubProcessor => ({
  name,
  purpose:
    PURPOSES[name.toLowerCase()] ?? 'Named by the operator as part of this installation’s infrastructure.',
});

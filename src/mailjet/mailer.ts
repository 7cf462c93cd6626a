/** Sends mail by Mailjet's Send API v3.1 (https://dev.mailjet.com/email/guides/send-api-v31/), always over TLS. */
import type { Letter } from './letter.ts';

export interface Outgoing extends Letter {
  /** One address. */
  readonly to: string;
  /** Ends mails of this kind with one POST (RFC 8058); null where there is no doing without. */
  readonly unsubscribeUrl: string | null;
}

/**
 * `sent`: Mailjet has taken it. `refused`: it never will, because of the recipient. `failed`: it has not, or it is
 * unknown whether it has; to be tried again.
 */
export type SendOutcome = 'sent' | 'refused' | 'failed';

export interface Mailer {
  /** Never throws for what Mailjet or the network do; throws the signal's reason when that aborts. */
  send(mail: Outgoing, signal: AbortSignal): Promise<SendOutcome>;
}

export interface MailerOptions {
  readonly apiKey: string;
  readonly apiSecret: string;
  /** https://host[:port] */
  readonly apiUrl: string;
  readonly from: { readonly email: string; readonly name: string };
  readonly onTrouble: (status: number | null) => void;
}

/** What this file calls of `node-mailjet`, whose own types need a package that is not there. */
interface MailjetClient {
  post(
    resource: 'send',
    config: { version: 'v3.1' },
  ): { request(body: { Messages: readonly object[] }): Promise<{ body: unknown }> };
}
interface MailjetClass {
  new (params: {
    apiKey: string;
    apiSecret: string;
    config: { host: string };
    options: { timeout: number; maxContentLength: number };
  }): MailjetClient;
}

const TIMEOUT_MS = 20_000;

/** Loads the library only now: 20 MB that a worker without Mailjet does without. */
export async function createMailer(options: MailerOptions): Promise<Mailer> {
  const { default: loaded } = await import('node-mailjet');
  const Mailjet = loaded as unknown as MailjetClass;
  // The library puts https:// before the host itself and knows no other scheme.
  const client = new Mailjet({
    apiKey: options.apiKey,
    apiSecret: options.apiSecret,
    config: { host: options.apiUrl.replace(/^https:\/\//, '') },
    options: { timeout: TIMEOUT_MS, maxContentLength: 65_536 },
  });
  return {
    send: async (mail, signal) => {
      signal.throwIfAborted();
      const sending = client
        .post('send', { version: 'v3.1' })
        .request({ Messages: [messageOf(mail, options.from)] })
        // The library's errors hold the credentials: nothing of them but a number goes further.
        .then(outcomeOf, (error: unknown) => judge(error, options.onTrouble));
      return Promise.race([sending, aborted(signal)]);
    },
  };
}

/** All that Mailjet ever gets. Opens and clicks are not to be tracked, whatever the account's default is. */
const messageOf = (mail: Outgoing, from: MailerOptions['from']) => ({
  From: { Email: from.email, Name: from.name },
  To: [{ Email: mail.to }],
  Subject: mail.subject,
  TextPart: mail.text,
  HTMLPart: mail.html,
  TrackOpens: 'disabled',
  TrackClicks: 'disabled',
  ...(mail.unsubscribeUrl !== null && {
    Headers: {
      'List-Unsubscribe': `<${mail.unsubscribeUrl}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    },
  }),
});

interface Answer {
  readonly Messages?: readonly {
    readonly Status?: string;
    readonly Errors?: readonly { readonly ErrorRelatedTo?: readonly string[] }[];
  }[];
}

const outcomeOf = ({ body }: { body: unknown }): SendOutcome =>
  (body as Answer | null)?.Messages?.[0]?.Status === 'success' ? 'sent' : 'failed';

function judge(error: unknown, onTrouble: MailerOptions['onTrouble']): SendOutcome {
  const { statusCode, response } = error as { statusCode?: unknown; response?: { data?: Answer } | null };
  onTrouble(typeof statusCode === 'number' ? statusCode : null);
  if (statusCode !== 400) return 'failed';
  const related = response?.data?.Messages?.[0]?.Errors?.flatMap((one) => one.ErrorRelatedTo ?? []) ?? [];
  return related.some((path) => /^To\b/.test(String(path))) ? 'refused' : 'failed';
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

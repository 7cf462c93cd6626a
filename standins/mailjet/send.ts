/** POST /v3.1/send: what Mailjet checks and how it answers (https://dev.mailjet.com/email/guides/send-api-v31/). */
import { randomInt, randomUUID } from 'node:crypto';

/** A message as it was accepted. */
export interface SentMail {
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The message as it came, with every property. */
  readonly raw: Readonly<Record<string, unknown>>;
}

export interface Verdict {
  readonly status: number;
  readonly body: object;
  readonly accepted: readonly SentMail[];
}

type Json = Record<string, unknown>;
interface Complaint {
  readonly code: string;
  readonly message: string;
  readonly about: string;
}

const PROPERTIES = new Set(
  'From Sender To Cc Bcc ReplyTo Subject TextPart HTMLPart Headers CustomID EventPayload CustomCampaign TrackOpens TrackClicks Priority'.split(
    ' ',
  ),
);
/** Some of those that the Headers collection may not hold. */
const FORBIDDEN =
  /^(?:from|sender|subject|to|cc|bcc|return-path|date|message-id|received|dkim-signature|user-agent|x-mailer|x-mj-.*|x-mailjet-.*|list-id)$/i;
const ADDRESS = /^[^\s@<>"]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i;
const MAX_MESSAGES = 50;

/** `senders`: addresses that the account may send from. */
export function answerSend(body: string, senders: readonly string[]): Verdict {
  const messages = parse(body);
  if (messages === null)
    return refusal(400, 'mj-0002', 'Malformed JSON, please review the syntax and properties types.');
  if (messages.length === 0 || messages.length > MAX_MESSAGES)
    return refusal(400, 'mj-0005', `Messages must hold between 1 and ${MAX_MESSAGES} messages.`);
  const complaints = messages.map((message) => review(message, senders));
  // One bad message does not keep the others back, but the status tells that there is one.
  return {
    status: complaints.some((one) => one.length > 0) ? 400 : 200,
    body: { Messages: messages.map((message, i) => report(message, complaints[i] ?? [])) },
    accepted: messages.flatMap((message, i) => ((complaints[i] ?? []).length === 0 ? [sent(message)] : [])),
  };
}

export const refusal = (status: number, code: string | null, message: string): Verdict => ({
  status,
  body: {
    ErrorIdentifier: randomUUID(),
    ...(code !== null && { ErrorCode: code }),
    StatusCode: status,
    ErrorMessage: message,
  },
  accepted: [],
});

function parse(body: string): Json[] | null {
  try {
    const { Messages: messages } = JSON.parse(body) as { Messages?: unknown };
    return Array.isArray(messages) && messages.every((one) => typeof one === 'object' && one !== null)
      ? (messages as Json[])
      : null;
  } catch {
    return null;
  }
}

const emailOf = (value: unknown): string => {
  const email = (value as { Email?: unknown } | null | undefined)?.Email;
  return typeof email === 'string' ? email : '';
};
const recipientsOf = (message: Json): unknown[] => (Array.isArray(message.To) ? message.To : []);

function review(message: Json, senders: readonly string[]): Complaint[] {
  const missing = (about: string) => ({ code: 'mj-0003', message: 'Missing mandatory property.', about });
  const unknown = Object.keys(message).filter((name) => !PROPERTIES.has(name));
  const headers = Object.keys((message.Headers as Json | undefined) ?? {});
  return [
    ...unknown.map((about) => ({ code: 'mj-0001', message: 'Unknown property.', about })),
    ...(message.From === undefined ? [missing('From')] : senderComplaints(emailOf(message.From), senders)),
    ...(recipientsOf(message).length === 0 ? [missing('To')] : []),
    ...recipientsOf(message).flatMap((to, i) =>
      ADDRESS.test(emailOf(to))
        ? []
        : [
            {
              code: 'mj-0013',
              message: `"${emailOf(to)}" is an invalid email address.`,
              about: `To[${i}].Email`,
            },
          ],
    ),
    ...(typeof message.TextPart === 'string' || typeof message.HTMLPart === 'string'
      ? []
      : [missing('TextPart'), missing('HTMLPart')]),
    ...headers
      .filter((name) => FORBIDDEN.test(name))
      .map((name) => ({
        code: 'send-0011',
        message: 'Header cannot be customized using the Headers collection.',
        about: `Headers["${name}"]`,
      })),
  ];
}

const senderComplaints = (email: string, senders: readonly string[]): Complaint[] =>
  senders.includes(email)
    ? []
    : [
        {
          code: 'send-0008',
          message: `"${email}" is not an authorized sender email address for your account.`,
          about: 'From',
        },
      ];

function report(message: Json, complaints: readonly Complaint[]): object {
  if (complaints.length > 0)
    return {
      Status: 'error',
      Errors: complaints.map(({ code, message: text, about }) => ({
        ErrorIdentifier: randomUUID(),
        ErrorCode: code,
        StatusCode: 400,
        ErrorMessage: text,
        ErrorRelatedTo: [about],
      })),
    };
  const delivered = (to: unknown) => {
    const id = randomInt(2 ** 47);
    const href = `https://api.mailjet.com/v3/REST/message/${id}`;
    return { Email: emailOf(to), MessageUUID: randomUUID(), MessageID: id, MessageHref: href };
  };
  return {
    Status: 'success',
    CustomID: message.CustomID ?? '',
    To: recipientsOf(message).map(delivered),
    Cc: [],
    Bcc: [],
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const sent = (message: Json): SentMail => ({
  at: Date.now(),
  from: emailOf(message.From),
  to: recipientsOf(message).map(emailOf).join(', '),
  subject: textOf(message.Subject),
  text: textOf(message.TextPart),
  html: textOf(message.HTMLPart),
  headers: (message.Headers ?? {}) as Record<string, string>,
  raw: message,
});

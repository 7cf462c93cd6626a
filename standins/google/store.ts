/** Puts what was accepted into the account's mailbox. */
import { randomBytes } from 'node:crypto';
import { unknownLabel } from './labels.ts';
import { decodeWords, internalDateOf, type MessageCheck } from './message.ts';
import type { Account, ImportSettings, Outcome, State } from './state.ts';

interface Arrived {
  readonly account: Account;
  readonly settings: ImportSettings;
  readonly check: MessageCheck;
  readonly sha256: string;
  readonly size: number;
}

/** Accepts or refuses a whole message. */
export function storeMessage(state: State, arrived: Arrived): Outcome {
  const { account, settings, check, size } = arrived;
  const refusal = check.refusal();
  if (refusal !== null) return { kind: 'refused', message: refusal };
  // It may have been deleted since the upload began.
  const unknown = unknownLabel(account, settings.labelIds);
  if (unknown !== undefined) return { kind: 'refused', message: `Invalid label: ${unknown}` };
  const messageId = check.header('message-id')[0] ?? '';
  if (state.settings.dedupe && messageId) {
    const twin = state.messages.find(
      (other) => other.account === account.email && other.messageId === messageId,
    );
    if (twin) return { kind: 'message', message: twin };
  }
  state.quotas.count(account.email, size);
  const id = randomBytes(8).toString('hex');
  const receivedAt = state.settings.now();
  const shown = (name: string) => detach(decodeWords(check.header(name)[0] ?? '').slice(0, 300));
  const message = {
    id,
    threadId: id,
    account: account.email,
    sha256: arrived.sha256,
    size,
    labelIds: settings.labelIds,
    neverMarkSpam: settings.neverMarkSpam,
    internalDate: internalDateOf(check, settings.internalDateSource, receivedAt),
    receivedAt,
    from: shown('from'),
    subject: shown('subject'),
    messageId: detach(messageId.slice(0, 1000)),
    raw: check.whole(),
  };
  state.messages.push(message);
  return { kind: 'message', message };
}

/** A copy: V8 keeps the whole header block alive behind a piece that was cut from it. */
const detach = (text: string): string => Buffer.from(text).toString();

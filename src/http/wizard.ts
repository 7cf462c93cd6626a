/** What the wizard asks about a mailbox: how its test goes, and what a choice would import. */
import { setTimeout as sleep } from 'node:timers/promises';
import { FAULTS, type FaultCode } from '../core/fault.ts';
import type { MailboxId, UserId } from '../core/mailbox.ts';
import { PROBE_STEPS, type ProbeStep, stepOfFault } from '../core/survey.ts';
import { findMailbox, type MailboxRow } from '../db/mailboxes.ts';
import {
  askPreview,
  findPreviewAnswer,
  forgetPreview,
  type PreviewAnswer,
  type PreviewQuestion,
} from '../db/previews.ts';
import { findReport, type ProbeReport } from '../db/probe-reports.ts';
import type { Preview, ProbeReportView } from './api.ts';
import { faultView, HttpError, problemView } from './errors.ts';
import { canDispose } from './mailbox-options.ts';
import type { Parts } from './parts.ts';

const POLL_MS = 200;

export const readProbe = (parts: Parts, userId: UserId, id: string): Promise<ProbeReportView> =>
  parts.database.withTenant(userId, async (tx) => {
    const mailbox = await findMailbox(tx, id as MailboxId);
    if (mailbox === null) throw new HttpError('not-found');
    const report = await findReport(tx, mailbox.id);
    return reportView(mailbox, report?.revision === mailbox.revision ? report : null);
  });

/** Where no report is kept, the mailbox's own state says how its last test ended. */
function reportView(mailbox: MailboxRow, report: ProbeReport | null): ProbeReportView {
  const { state, draft } = mailbox;
  const probing = state === 'probing';
  // A report that has ended while the mailbox probes is that of the test before.
  const current = probing && report?.finished ? null : report;
  const code = current ? current.faultCode : probing || draftIsReady(mailbox) ? null : mailbox.faultCode;
  return {
    steps: stepsOf(current?.step ?? null, code, probing, current?.finished ?? !probing),
    fault: faultView(code),
    folders: current ? [...current.folders] : [],
    finished: !probing,
    capabilities: { idle: current?.idle ?? false, uidl: current?.uidl ?? false },
    unfinished: draft,
  };
}

const draftIsReady = ({ faultCode }: MailboxRow): boolean => faultCode === 'setup-unfinished';

function stepsOf(
  reached: ProbeStep | null,
  faultCode: string | null,
  probing: boolean,
  finished: boolean,
): ProbeReportView['steps'] {
  const at = faultCode === null ? reached : stepOfFault(faultCode as FaultCode, reached ?? 'connect');
  const current = at === null ? (probing ? -1 : PROBE_STEPS.length) : PROBE_STEPS.indexOf(at);
  return PROBE_STEPS.map((step, index) => {
    if (faultCode !== null && index === current) return { step, state: 'failed' };
    if (index < current || (finished && faultCode === null)) return { step, state: 'done' };
    return { step, state: index === current ? 'running' : 'waiting' };
  });
}

/** Waits for a worker's answer, as for a discovery. */
export async function previewMailbox(
  parts: Parts,
  userId: UserId,
  id: string,
  question: PreviewQuestion,
): Promise<Preview> {
  const mailboxId = id as MailboxId;
  const previewId = await parts.database.withTenant(userId, async (tx) => {
    const mailbox = await findMailbox(tx, mailboxId);
    if (mailbox === null) throw new HttpError('not-found');
    const { state, protocol } = mailbox;
    if (state !== 'paused' && state !== 'active' && state !== 'unreachable')
      throw new HttpError('state-conflict');
    checkFolders(protocol, question.folders);
    if (!canDispose(protocol, question.afterImport))
      throw new HttpError('invalid-request', 'afterImport: POP3 can only keep or delete');
    // What is there already is none of it.
    if (question.history === 'new' && question.afterImport === 'keep') return null;
    const asked = await askPreview(tx, userId, mailboxId, question);
    if (asked === null) throw new HttpError('rate-limited');
    await parts.queue.preview(tx, { userId, previewId: asked });
    return asked;
  });
  return previewId === null ? NOTHING : untilAnswered(parts, userId, previewId);
}

const NOTHING: Preview = { messages: 0, bytes: 0, exact: true, days: 0, minutes: 0, atSource: null };

function checkFolders(protocol: 'imap' | 'pop3', folders: PreviewQuestion['folders']): void {
  if (protocol === 'pop3' && folders !== 'all' && folders.some((folder) => folder !== 'INBOX'))
    throw new HttpError('invalid-request', 'folders: POP3 has only INBOX');
}

const previewView = (answer: Exclude<PreviewAnswer, { readonly faultCode: FaultCode }>): Preview => ({
  ...answer,
  atSource: answer.atSource && { ...answer.atSource, problem: problemView(answer.atSource.problem) },
});

/** Fault codes of the source become `count-failed` with the fault's own sentence. */
async function untilAnswered(
  { database, settings }: Parts,
  userId: UserId,
  previewId: string,
): Promise<Preview> {
  const deadline = performance.now() + settings.discoverWaitMs;
  try {
    while (performance.now() < deadline) {
      const answer = await database.withTenant(userId, (tx) => findPreviewAnswer(tx, previewId));
      if (answer && 'faultCode' in answer)
        throw new HttpError('count-failed', FAULTS[answer.faultCode].message);
      if (answer) return previewView(answer);
      await sleep(POLL_MS);
    }
  } finally {
    await database.withTenant(userId, (tx) => forgetPreview(tx, previewId));
  }
  throw new HttpError('count-unfinished');
}

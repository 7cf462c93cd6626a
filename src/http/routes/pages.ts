/** Server-rendered pages and the forms on them. Every form ends in a redirect, or in a page that says why not. */
import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import type { UserId } from '../../core/mailbox.ts';
import { deleteAccount, readAccount } from '../account.ts';
import type { Account, CreateMailbox } from '../api.ts';
import { auditQuerySchema, createMailboxSchema, patchMailboxSchema } from '../api.ts';
import { UUID } from '../api-router.ts';
import { auditFilter, readAuditPage } from '../audit.ts';
import { clearCookie } from '../cookies.ts';
import { asHttpError, HttpError, parseInput } from '../errors.ts';
import type { Limits } from '../limits.ts';
import * as mailboxes from '../mailboxes.ts';
import { auditPage } from '../pages/audit.ts';
import { connectPage } from '../pages/connect.ts';
import { homePage, welcomePage } from '../pages/home.ts';
import { notice } from '../pages/layout.ts';
import type { Parts } from '../parts.ts';
import { callerOf, identify, requireOwnForm } from '../session.ts';

type Form = Readonly<Record<string, unknown>>;

export function createPagesRouter(parts: Parts, limits: Limits): Router {
  const router = Router();
  const signedIn = requireSignedIn(parts);
  const form = [requireOwnForm(parts.settings.publicUrl), signedIn];
  const body = express.urlencoded({ extended: false, limit: '64kb', inflate: false, parameterLimit: 50 });
  router.get('/', (req, res) => showHome(parts, req, res));
  router.get('/connect', signedIn, async (_req, res) => {
    res.send(connectPage(await viewer(parts, res)));
  });
  router.post('/connect', ...form, limits.dial, body, (req, res) => connect(parts, req, res));
  router.get('/audit', signedIn, (req, res) => showAudit(parts, req, res));
  router.post('/account/delete', ...form, (_req, res) => endAccount(parts, res));
  router.post('/mailboxes/:id/password', ...form, limits.dial, body, async (req, res) => {
    const patch = parseInput(patchMailboxSchema, { password: text(req.body, 'password') });
    await mailboxes.editMailbox(parts, callerOf(res).userId, idOf(req), patch);
    res.redirect(303, '/');
  });
  for (const [name, act] of Object.entries(ACTIONS)) {
    router.post(`/mailboxes/:id/${name}`, ...form, limits.dial, async (req, res) => {
      await act(parts, callerOf(res).userId, idOf(req));
      res.redirect(303, '/');
    });
  }
  return router;
}

const ACTIONS = {
  sync: mailboxes.syncMailbox,
  pause: mailboxes.pauseMailbox,
  resume: mailboxes.resumeMailbox,
  delete: mailboxes.deleteMailbox,
  retry: (parts: Parts, userId: UserId, id: string) => mailboxes.retryMailbox(parts, userId, id, 'failed'),
};

/** Who is not signed in is shown the way in, not an error. */
const requireSignedIn =
  (parts: Parts): RequestHandler =>
  async (req, res, next) => {
    const caller = await identify(parts, req);
    if (caller?.kind !== 'session') {
      res.redirect(303, '/');
      return;
    }
    res.locals.caller = caller;
    next();
  };

const viewer = (parts: Parts, res: Response): Promise<Account> => readAccount(parts, callerOf(res).userId);

async function showHome(parts: Parts, req: Request, res: Response): Promise<void> {
  const caller = await identify(parts, req);
  if (caller?.kind !== 'session') {
    res.send(welcomePage());
    return;
  }
  const [account, list] = await Promise.all([
    readAccount(parts, caller.userId),
    mailboxes.listMailboxes(parts, caller.userId),
  ]);
  res.send(homePage(account, list));
}

async function connect(parts: Parts, req: Request, res: Response): Promise<void> {
  try {
    const input = parseInput(createMailboxSchema, mailboxOf(req.body)) as CreateMailbox;
    await mailboxes.connectMailbox(parts, callerOf(res).userId, input);
    res.redirect(303, '/');
  } catch (error) {
    const refusal = asHttpError(error);
    if (refusal.status >= 500) throw error;
    const fields = ['protocol', 'host', 'port', 'security', 'username', 'history', 'since'] as const;
    const filled = Object.fromEntries(fields.map((field) => [field, text(req.body, field)]));
    res.status(refusal.status).send(connectPage(await viewer(parts, res), filled, refusal.message));
  }
}

function mailboxOf(form: Form): unknown {
  const port = text(form, 'port') ?? '';
  const history = text(form, 'history');
  return {
    protocol: text(form, 'protocol'),
    host: text(form, 'host'),
    port: /^\d{1,5}$/.test(port) ? Number(port) : 0,
    security: text(form, 'security'),
    username: text(form, 'username'),
    password: text(form, 'password'),
    options: { history, ...(history === 'since' && { since: text(form, 'since') }) },
  };
}

async function showAudit(parts: Parts, req: Request, res: Response): Promise<void> {
  const { userId } = callerOf(res);
  // A form sends its empty fields too.
  const given = Object.entries(req.query).filter(([, value]) => value !== '');
  const { limit, cursor, ...filters } = parseInput(auditQuerySchema, Object.fromEntries(given));
  const [account, list, page] = await Promise.all([
    viewer(parts, res),
    mailboxes.listMailboxes(parts, userId),
    auditFilter(parts, userId, filters).then((filter) =>
      readAuditPage(parts, userId, filter, limit, cursor ?? null),
    ),
  ]);
  const kept = new URLSearchParams(
    Object.entries(filters).map(([name, value]): [string, string] => [name, String(value)]),
  );
  res.send(auditPage({ viewer: account, mailboxes: list, ...page, filters: kept }));
}

async function endAccount(parts: Parts, res: Response): Promise<void> {
  const revoked = await deleteAccount(parts, callerOf(res).userId);
  clearCookie(res, 'session', parts.settings.publicUrl);
  const google = revoked
    ? 'Google has been told that the consent has ended.'
    : 'Google will be told that the consent has ended; you can check at myaccount.google.com/connections.';
  const sentence = `Everything that was stored here about you has been deleted. ${google}`;
  res.send(notice('Your account is deleted', sentence, { href: '/', text: 'Back to the start' }));
}

function idOf(req: Request): string {
  const { id } = req.params;
  if (typeof id !== 'string' || !UUID.test(id)) throw new HttpError('not-found');
  return id;
}

const text = (form: Form | undefined, field: string): string | undefined => {
  const value = form?.[field];
  return typeof value === 'string' ? value : undefined;
};

/** What tests of webhooks stand on: the web process, a worker's side of deliveries, and a program that is told. */
import type { MailboxId } from '../src/core/mailbox.ts';
import { claimDeliveries } from '../src/db/webhook-deliveries.ts';
import type { NewWebhook, Webhook, WebhookDeliveries, WebhookDelivery } from '../src/http/api.ts';
import { createLog } from '../src/log.ts';
import { createAuthority } from '../standins/authority.ts';
import { systemClock } from '../workers/clock.ts';
import { deliver, type WebhookDeps } from '../workers/jobs/webhook.ts';
import { createUnseal } from '../workers/unseal.ts';
import { createWebhookPost } from '../workers/webhook-post.ts';
import type { Browser } from './browser.ts';
import type { Scope } from './database.ts';
import { sessionFor, startWeb } from './http.ts';
import { startReceiver } from './receiver.ts';

/** Of the program that is told; it is on this machine. */
export const HOOK_HOST = 'hooks.example.net';

export type WebhookStage = Awaited<ReturnType<typeof startWebhookStage>>;

export async function startWebhookStage(scope: Scope) {
  const privateNetworks = ['127.0.0.0/8'];
  const authority = await createAuthority();
  const receiver = await startReceiver(authority, [HOOK_HOST]);
  scope.after(async () => receiver[Symbol.asyncDispose]());
  const web = await startWeb(scope, { webhookPrivateNetworks: privateNetworks, dialsPerMinute: 1e9 });
  const db = await web.test.open('worker');
  const lines: string[] = [];
  const { signal } = new AbortController();
  const deps: WebhookDeps = {
    db,
    log: createLog({ level: 'debug', name: 'worker', destination: { write: (line) => lines.push(line) } }),
    clock: systemClock,
    random: () => 0.5,
    unseal: createUnseal([web.unsealKeys]),
    post: createWebhookPost({
      privateNetworks,
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
      ca: authority.caPem,
      deadlineMs: 2_000,
    }),
  };
  const urlOf = (path: string) => `https://${HOOK_HOST}:${receiver.port}/${path}`;
  return {
    web,
    db,
    deps,
    receiver,
    urlOf,
    /** What a worker logged. */
    logged: () => lines.join(''),
    /** Somebody with an active mailbox, and a webhook that is told at `/<name>`. */
    ownerOf: async (name: string, events: Webhook['events']) => {
      const { browser, userId } = await sessionFor(web, name);
      const mailboxId = await web.test.addMailbox(userId);
      const body = { url: urlOf(name), events };
      const hook = await browser.json<NewWebhook>('POST', '/api/v1/webhooks', 201, { body });
      return { browser, userId, mailboxId, hook };
    },
    /** Makes everything that is due now, as workers would. */
    work: async (): Promise<void> => {
      for (;;) {
        const due = await db.asNobody((tx) => claimDeliveries(tx, 100));
        if (due.length === 0) return;
        for (const job of due) await deliver(job, deps, signal);
      }
    },
    told: (name: string) =>
      receiver.received.filter(({ path }) => path === `/${name}`).map(({ body }) => JSON.parse(body)),
    /** `change`: the SET of an UPDATE. */
    setMailbox: (id: MailboxId, change: string) =>
      web.test.asOwner(`UPDATE mailboxes SET ${change} WHERE id = $1`, [id]),
  };
}

export const logOf = async (browser: Browser, id: string): Promise<readonly WebhookDelivery[]> =>
  (await browser.json<WebhookDeliveries>('GET', `/api/v1/webhooks/${id}/deliveries`, 200)).deliveries;

export const ping = (browser: Browser, id: string): Promise<WebhookDelivery> =>
  browser.json<WebhookDelivery>('POST', `/api/v1/webhooks/${id}/test`, 201);

export const hookOf = (browser: Browser, id: string): Promise<Webhook> =>
  browser.json<Webhook>('GET', `/api/v1/webhooks/${id}`, 200);

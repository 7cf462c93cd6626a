/**
 * A stand-in for Google: consent, tokens and Gmail's import, for the demo, the tests and the benchmarks. It refuses
 * what Gmail refuses, never completes an upload on a status query, and merges nothing unless asked.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Call, sendHtml, sendJson } from './answer.ts';
import { decideConsent, showConsent } from './consent.ts';
import { answerControl, type FaultOrder, grantDirectly, type IssuedGrant, obey } from './controls.ts';
import { createFaultRules, type FaultHook } from './faults.ts';
import { answerImport } from './gmail.ts';
import { accountOf, endGrant } from './grants.ts';
import { createKeys } from './keys.ts';
import { answerLabels, LABELS_PATH, labelNamed } from './labels.ts';
import { gmailPage } from './page.ts';
import { createQuotas, type QuotaLimits } from './quotas.ts';
import { type SecurityEvent, securityEvents } from './risc.ts';
import type { LogEntry, Settings, State, StoredMessage } from './state.ts';
import { answerCerts, answerRevoke, answerToken } from './token.ts';
import { answerUpload } from './uploads.ts';

const LOG_LIMIT = 20_000;

export interface GoogleOptions extends Partial<Settings> {
  /** 0, the default: any free port. Always on 127.0.0.1. */
  readonly port?: number;
  /** E-mail addresses that the account chooser offers; any other can be typed there. */
  readonly accounts?: readonly string[];
  readonly delayMs?: number;
  readonly quotas?: QuotaLimits;
  /** Asked before the rules whether a fault strikes a call. */
  readonly hook?: FaultHook;
}

export interface GoogleStandin {
  readonly origin: string;
  readonly port: number;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What the service's GOOGLE_… and GMAIL_… environment must be to use this stand-in. */
  readonly environment: Readonly<Record<string, string>>;
  readonly messages: readonly StoredMessage[];
  /** The last calls, without queries; `/standin/…` and the pages for people left out. */
  readonly log: readonly LogEntry[];
  /** Addresses with a live refresh token, one per token. */
  grants(): string[];
  /** Consent given behind the scenes; default scopes: sign-in and gmail.insert. */
  grant(email: string, scopes?: readonly string[]): IssuedGrant;
  /** As if the user had removed the app at Google. */
  withdraw(email: string): void;
  /** The names of the account's own labels. */
  labels(email: string): string[];
  /** As if the user had deleted the label in Gmail. */
  deleteLabel(email: string, name: string): void;
  /** The names of the user's own labels that the message was imported with. */
  labelsOf(message: StoredMessage): string[];
  /** Signed tokens as Google's Cross-Account Protection posts them. */
  securityEvents(event: SecurityEvent): string[];
  /** Faults, delays, quotas. */
  order(order: FaultOrder): void;
  /** Connections open now. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

const DEFAULTS: Settings = {
  clientId: 'standin-client.apps.example.com',
  clientSecret: 'standin-client-secret',
  redirectUris: null,
  accessTokenSeconds: 3600,
  sessionSeconds: 86_400,
  maxMessageBytes: 150_000_000,
  dedupe: false,
  keepBytes: 0,
  rangeSpelling: 'bytes=',
  now: Date.now,
};

export async function startGoogle(options: GoogleOptions = {}): Promise<GoogleStandin> {
  const server = createServer({ noDelay: true, keepAliveTimeout: 60_000 });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const state = createState(options, `http://127.0.0.1:${port}`);
  for (const email of options.accounts ?? ['demo@example.com']) accountOf(state, email);
  server.on('request', (request, response) => void handle(state, request, response));
  return standin(state, server, port);
}

function createState(options: GoogleOptions, origin: string): State {
  const settings: Settings = { ...DEFAULTS, ...options };
  return {
    settings,
    origin,
    issuer: origin,
    keys: createKeys(),
    accounts: new Map(),
    codes: new Map(),
    grants: new Map(),
    accessTokens: new Map(),
    sessions: new Map(),
    messages: [],
    log: [],
    faults: createFaultRules(options.hook, options.delayMs ?? 0),
    quotas: createQuotas(options.quotas ?? {}, settings.now),
    held: [],
  };
}

function standin(state: State, server: Server, port: number): GoogleStandin {
  const { origin, settings, messages, log } = state;
  return {
    origin,
    port,
    clientId: settings.clientId,
    clientSecret: settings.clientSecret,
    environment: {
      GOOGLE_CLIENT_ID: settings.clientId,
      GOOGLE_CLIENT_SECRET: settings.clientSecret,
      GOOGLE_AUTH_URL: `${origin}/o/oauth2/v2/auth`,
      GOOGLE_TOKEN_URL: `${origin}/token`,
      GOOGLE_REVOKE_URL: `${origin}/revoke`,
      GOOGLE_JWKS_URL: `${origin}/oauth2/v3/certs`,
      GOOGLE_ISSUER: origin,
      GMAIL_ROOT_URL: origin,
    },
    messages,
    log,
    grants: () => [...state.grants.values()].map(({ account }) => account.email),
    grant: (email, scopes) => grantDirectly(state, email, scopes),
    withdraw(email) {
      for (const grant of [...state.grants.values()])
        if (grant.account.email === email) endGrant(state, grant);
    },
    labels: (email) => [...accountOf(state, email).labels.values()],
    deleteLabel(email, name) {
      const account = accountOf(state, email);
      const id = labelNamed(account, name);
      if (id === undefined) throw new RangeError('no such label');
      account.labels.delete(id);
    },
    labelsOf: ({ account, labelIds }) =>
      labelIds.flatMap((id) => accountOf(state, account).labels.get(id) ?? []),
    securityEvents: (event) => securityEvents(state, event),
    order: (order) => obey(state, order),
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, n) => (error ? reject(error) : resolve(n))),
      ),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', state.origin);
  const call: Call = { state, request, response, url, account: null, fault: undefined };
  // A body that nobody reads to its end, because its sender has gone, is no news.
  request.on('error', () => undefined);
  try {
    await route(call);
  } catch {
    if (!response.headersSent) sendJson(call, 400, { error: 'invalid_request' });
  } finally {
    record(call);
  }
}

function record(call: Call): void {
  const { log } = call.state;
  const path = call.url.pathname;
  if (path.startsWith('/standin/') || path === '/' || path === '/gmail') return;
  if (log.length >= LOG_LIMIT) log.splice(0, LOG_LIMIT / 2);
  const { method = '' } = call.request;
  log.push({ method, path, account: call.account?.email ?? null, status: call.response.statusCode });
}

async function route(call: Call): Promise<void> {
  const path = call.url.pathname;
  const method = call.request.method ?? '';
  if (path === '/upload/gmail/v1/users/me/messages/import') {
    if (call.url.searchParams.has('upload_id') && method !== 'GET') return answerUpload(call);
    if (method === 'POST') return answerImport(call);
  }
  if (path === LABELS_PATH && (method === 'GET' || method === 'POST')) return answerLabels(call);
  if (path.startsWith(`${LABELS_PATH}/`) && method === 'DELETE') return answerLabels(call);
  if (path.startsWith('/standin/')) return answerControl(call);
  switch (`${method} ${path}`) {
    case 'GET /o/oauth2/v2/auth':
      return showConsent(call);
    case 'POST /o/oauth2/v2/auth':
      return decideConsent(call);
    case 'POST /token':
      return answerToken(call);
    case 'POST /revoke':
      return answerRevoke(call);
    case 'GET /oauth2/v3/certs':
      return answerCerts(call);
    case 'GET /':
    case 'GET /gmail':
      return sendHtml(call, 200, gmailPage(call.state, call.url.searchParams.get('account')));
    default:
      call.request.resume();
      sendJson(call, 404, { error: { code: 404, message: 'Not Found', errors: [], status: 'NOT_FOUND' } });
  }
}

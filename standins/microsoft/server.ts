/**
 * A stand-in for Microsoft's sign-in: authorization code with PKCE, rotating refresh tokens, and a check of access tokens for
 * the stand-in mail servers. https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
 */
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createKeys } from '../google/keys.ts';
import { consentPage, errorPage } from './page.ts';
import { type Code, type Grant, subjectOf, type TokenRules, Tokens } from './tokens.ts';

const AUTHORIZE = '/common/oauth2/v2.0/authorize';
const TOKEN = '/common/oauth2/v2.0/token';

/** Answers the token endpoint in the stand-in's place. */
export type TokenTrouble = (request: IncomingMessage, response: ServerResponse) => void;

export interface MicrosoftOptions extends Partial<TokenRules> {
  /** E-mail addresses that the account chooser offers; any other can be typed there. */
  readonly accounts?: readonly string[];
  /** null, the default: any on loopback. */
  readonly redirectUris?: readonly string[] | null;
}

export interface MicrosoftStandin {
  readonly origin: string;
  /** What the service's environment must be to use this stand-in; `servers` as in MICROSOFT_MAIL_SERVERS. */
  environment(servers: readonly string[]): Readonly<Record<string, string>>;
  readonly tokens: Tokens;
  /** Calls to the token endpoint, by their grant type. */
  readonly calls: readonly string[];
  /** Strikes every call to the token endpoint until it is null. */
  trouble: TokenTrouble | null;
  close(): Promise<void>;
}

const CLIENT = { id: 'standin-app-id', secret: 'standin-app-secret' } as const;

export async function startMicrosoft(options: MicrosoftOptions = {}): Promise<MicrosoftStandin> {
  const { accounts = ['nora@outlook.example'], redirectUris = null } = options;
  const tokens = new Tokens({
    accessTokenSeconds: options.accessTokenSeconds ?? 3600,
    strict: options.strict ?? false,
  });
  const keys = createKeys();
  const calls: string[] = [];
  const server = createServer((request, response) => {
    // A body that nobody reads to its end, because its sender has gone, is no news.
    request.on('error', () => undefined);
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const refusalOf = (asked: URLSearchParams): string | null => {
    const redirect = asked.get('redirect_uri') ?? '';
    if (asked.get('client_id') !== CLIENT.id) return 'AADSTS700016: application not found';
    if (redirectUris ? !redirectUris.includes(redirect) : !isLoopback(redirect))
      return 'AADSTS50011: the redirect URI does not match';
    if (asked.get('response_type') !== 'code') return 'AADSTS70011: response_type';
    if (asked.get('code_challenge_method') !== 'S256' || !asked.get('code_challenge'))
      return 'AADSTS501481: PKCE is missing';
    return asked.get('state') && asked.get('nonce') ? null : 'AADSTS90014: state or nonce is missing';
  };

  const decide = (form: URLSearchParams): string => {
    const target = new URL(form.get('redirect_uri') ?? '');
    const say = (pairs: Record<string, string>) => {
      for (const [name, value] of Object.entries(pairs)) target.searchParams.set(name, value);
    };
    say({ state: form.get('state') ?? '' });
    const email = form.get('other') || form.get('account');
    if (form.get('decision') === 'admin')
      say({ error: 'consent_required', error_description: 'AADSTS90094: An administrator must agree.' });
    else if (form.get('decision') !== 'accept' || !email)
      say({ error: 'access_denied', error_description: 'AADSTS65004: User declined to consent.' });
    else {
      const code = `M.C5_${randomBytes(60).toString('base64url')}`;
      const scopes = (form.get('scope') ?? '').split(' ');
      tokens.codes.set(code, {
        email,
        // For tests: as if the organisation allowed everything but mail.
        scopes: form.get('partial') ? scopes.filter((scope) => !scope.includes('AccessAsUser')) : scopes,
        redirectUri: form.get('redirect_uri') ?? '',
        challenge: form.get('code_challenge') ?? '',
        nonce: form.get('nonce') ?? '',
      });
      say({ code });
    }
    return target.href;
  };

  const tokenAnswer = (grant: Grant, code: Code | null) => {
    const { accessToken, refreshToken } = tokens.issue(grant);
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      aud: CLIENT.id,
      iss: `${origin}/v2.0`,
      sub: subjectOf(grant.email),
      preferred_username: grant.email,
      email: grant.email,
      nonce: code?.nonce,
      iat: now,
      exp: now + 3600,
    };
    return {
      token_type: 'Bearer',
      scope: grant.scopes.filter((scope) => scope.startsWith('https:')).join(' '),
      expires_in: tokens.rules.accessTokenSeconds,
      access_token: accessToken,
      refresh_token: refreshToken,
      ...(code && { id_token: keys.signJwt(claims) }),
    };
  };

  const exchange = (form: URLSearchParams): readonly [number, object] => {
    const refused = (number: number, words: string) =>
      [
        400,
        {
          error: 'invalid_grant',
          error_description: `AADSTS${number}: ${words}`,
          error_codes: [number],
        },
      ] as const;
    if (form.get('client_id') !== CLIENT.id || form.get('client_secret') !== CLIENT.secret)
      return [401, { error: 'invalid_client', error_codes: [7000215] }];
    if (form.get('grant_type') === 'refresh_token') {
      const grant = tokens.redeem(form.get('refresh_token') ?? '');
      return grant ? [200, tokenAnswer(grant, null)] : refused(50173, 'The grant has been revoked.');
    }
    const key = form.get('code') ?? '';
    const code = tokens.codes.get(key);
    tokens.codes.delete(key);
    if (!code || code.redirectUri !== form.get('redirect_uri')) return refused(70000, 'The code is no good.');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (challenge !== code.challenge) return refused(501481, 'The verifier does not match.');
    return [200, tokenAnswer({ email: code.email, scopes: code.scopes, ended: false }, code)];
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', origin);
    const at = `${request.method} ${url.pathname}`;
    if (at === `POST ${TOKEN}`) {
      if (standin.trouble) return standin.trouble(request, response);
      const form = await readForm(request);
      calls.push(form.get('grant_type') ?? '');
      const [status, body] = exchange(form);
      return send(response, status, 'application/json', JSON.stringify(body));
    }
    const asked = at === `POST ${AUTHORIZE}` ? await readForm(request) : url.searchParams;
    if (url.pathname !== AUTHORIZE) return send(response, 404, 'text/plain', 'nothing here');
    const refusal = refusalOf(asked);
    if (refusal) return send(response, 400, 'text/html; charset=utf-8', errorPage(refusal));
    if (request.method === 'GET')
      return send(response, 200, 'text/html; charset=utf-8', consentPage(asked, accounts));
    response.writeHead(302, { Location: decide(asked), 'Content-Length': 0 }).end();
  }

  const standin: MicrosoftStandin = {
    origin,
    environment: (servers) => ({
      MICROSOFT_CLIENT_ID: CLIENT.id,
      MICROSOFT_CLIENT_SECRET: CLIENT.secret,
      MICROSOFT_AUTH_URL: `${origin}${AUTHORIZE}`,
      MICROSOFT_TOKEN_URL: `${origin}${TOKEN}`,
      MICROSOFT_MAIL_SERVERS: servers.join(','),
    }),
    tokens,
    calls,
    trouble: null,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return standin;
}

const isLoopback = (uri: string): boolean =>
  ['localhost', '127.0.0.1', '[::1]'].includes(URL.parse(uri)?.hostname ?? '');

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > 65_536) throw new RangeError('request body too large');
  }
  return new URLSearchParams(text);
}

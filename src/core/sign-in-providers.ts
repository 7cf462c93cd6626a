/**
 * Providers of mailboxes whose owners sign in there (OAuth 2.0) instead of giving us a password. Data: another one is
 * another row, and its environment variables begin with its `env`.
 */
import type { Candidate, Discovery } from './discovery.ts';
import type { Protocol, Server } from './mailbox.ts';

export interface SignInProvider {
  readonly id: string;
  /** What its users call it. */
  readonly name: string;
  readonly env: string;
  readonly authUrl: string;
  readonly tokenUrl: string;
  /** Asked for with each consent: who it is, and a refresh token. */
  readonly scopes: readonly string[];
  /** What lets a program read mail; asked for by the mailbox's protocol, and none is useful without. */
  readonly access: Readonly<Record<Protocol, string>>;
  /** More parameters of the authorization request. */
  readonly authParameters: Readonly<Record<string, string>>;
  /** The only servers that its access tokens are ever shown to. */
  readonly servers: readonly Server[];
  /** Other names under which discovery may find them. */
  readonly alsoKnownAs: readonly string[];
  /** Its own error codes: the account's administrator has to agree first; the account is not let in; it will pass by itself. */
  readonly codes: Readonly<Record<'admin' | 'blocked' | 'passing', readonly string[]>>;
}

/**
 * https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
 * https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
const MICROSOFT = {
  id: 'microsoft',
  name: 'Microsoft',
  env: 'MICROSOFT',
  authUrl: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
  tokenUrl: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
  scopes: ['openid', 'email', 'profile', 'offline_access'],
  access: {
    imap: 'https://outlook.office.com/IMAP.AccessAsUser.All',
    pop3: 'https://outlook.office.com/POP.AccessAsUser.All',
  },
  // Else whoever is signed in there with another account is not asked which one is meant.
  authParameters: { prompt: 'select_account', response_mode: 'query' },
  servers: [
    { protocol: 'imap', host: 'outlook.office365.com', port: 993, security: 'tls' },
    { protocol: 'pop3', host: 'outlook.office365.com', port: 995, security: 'tls' },
  ],
  alsoKnownAs: ['imap-mail.outlook.com', 'pop-mail.outlook.com', 'pop3.live.com', 'outlook.office.com'],
  codes: {
    admin: ['AADSTS65001', 'AADSTS90093', 'AADSTS90094', 'AADSTS90095'],
    blocked: ['AADSTS50020', 'AADSTS50057', 'AADSTS50105', 'AADSTS53000', 'AADSTS53003', 'AADSTS700016'],
    passing: ['AADSTS50196', 'AADSTS90024', 'AADSTS90033'],
  },
} as const satisfies SignInProvider;

export const SIGN_IN_PROVIDERS = [MICROSOFT] as const satisfies readonly SignInProvider[];
export const SIGN_IN_PROVIDER_IDS = SIGN_IN_PROVIDERS.map(({ id }) => id);

/** A provider as this installation uses it: with its own client there, and servers as configured. */
export interface SignInClient {
  readonly provider: SignInProvider;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly authUrl: string;
  readonly tokenUrl: string;
  /** The only servers that its access tokens are ever shown to. */
  readonly servers: readonly Server[];
}

/** By the provider's id; those that are not offered are not in it. */
export type SignInClients = ReadonlyMap<string, SignInClient>;

/** A server as somebody names it, which need not be one. */
type Named = Readonly<Record<'protocol' | 'host' | 'security', string>> & { readonly port: unknown };

/** Whether an access token of this client may be shown to the server. */
export const isServerOf = ({ servers }: SignInClient, server: Named): boolean =>
  servers.some(
    ({ protocol, host, port, security }) =>
      protocol === server.protocol &&
      host === server.host &&
      port === server.port &&
      security === server.security,
  );

/** Whose sign-in a server takes: one of the client's, or one that goes by a name of the provider's. */
export const findSignIn = (clients: SignInClients, server: Named): SignInClient | undefined =>
  [...clients.values()].find(
    (client) => isServerOf(client, server) || providerAt(server.host)?.id === client.provider.id,
  );

const providerAt = (host: string): SignInProvider | undefined =>
  SIGN_IN_PROVIDERS.find(
    ({ servers, alsoKnownAs }: SignInProvider) =>
      servers.some((server) => server.host === host) || alsoKnownAs.includes(host),
  );

/**
 * What was found, with the sign-in where a provider wants it: whatever a configuration document says of passwords, servers
 * of a provider in the table take none.
 */
export function offerSignIns(found: Discovery, clients: SignInClients): Discovery {
  const seen = new Set<string>();
  const candidates = found.candidates
    .flatMap((candidate) => candidatesAt(candidate, clients))
    .filter(({ protocol, host, port, security, username }) => {
      const key = JSON.stringify([protocol, host, port, security, username]);
      return seen.has(key) ? false : seen.add(key);
    });
  const { hint } = found;
  const solved = hint?.code === 'oauth-only' && candidates.some(({ provider }) => provider !== undefined);
  return hint && !solved ? { candidates, hint } : { candidates };
}

function candidatesAt(candidate: Candidate, clients: SignInClients): readonly Candidate[] {
  const provider = providerAt(candidate.host);
  if (provider === undefined) return [candidate];
  const client = clients.get(provider.id);
  if (client === undefined) return [{ ...candidate, auth: 'oauth' }];
  return client.servers
    .filter(({ protocol }) => protocol === candidate.protocol)
    .map((server) => ({
      ...server,
      username: candidate.username,
      auth: 'oauth' as const,
      provider: provider.id,
    }));
}

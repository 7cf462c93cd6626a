/** The sign-ins of mailboxes' providers: for each row of the table the same few variables, named after the row. */
import type { z } from 'zod';
import { mailServers, serviceUrl, text } from './config-fields.ts';
import type { Environment } from './config-parse.ts';
import {
  SIGN_IN_PROVIDERS,
  type SignInClient,
  type SignInClients,
  type SignInProvider,
} from './core/sign-in-providers.ts';

type Prefix = (typeof SIGN_IN_PROVIDERS)[number]['env'];
const given = (env: Environment, prefix: Prefix) => ({
  id: env[`${prefix}_CLIENT_ID`],
  secret: env[`${prefix}_CLIENT_SECRET`],
});

const optionalText = text.optional();
const url = serviceUrl.optional();
const servers = mailServers.optional();

type Fields = { readonly [K in `${Prefix}_CLIENT_ID` | `${Prefix}_CLIENT_SECRET`]: typeof optionalText } & {
  readonly [K in `${Prefix}_AUTH_URL` | `${Prefix}_TOKEN_URL`]: typeof url;
} & { readonly [K in `${Prefix}_MAIL_SERVERS`]: typeof servers };

/** Id and secret: both or none. */
export const signInFields = (env: Environment): Fields =>
  Object.fromEntries(
    SIGN_IN_PROVIDERS.flatMap(({ env: prefix }) => {
      const { id, secret } = given(env, prefix);
      return [
        [`${prefix}_CLIENT_ID`, secret ? text : optionalText],
        [`${prefix}_CLIENT_SECRET`, id ? text : optionalText],
        [`${prefix}_AUTH_URL`, url],
        [`${prefix}_TOKEN_URL`, url],
        [`${prefix}_MAIL_SERVERS`, servers],
      ];
    }),
    // Every name is there, and each with its field.
  ) as unknown as Fields;

/** Those that this installation offers. */
export function signInsOf(fields: z.output<z.ZodObject<Fields>>): SignInClients {
  const clients = SIGN_IN_PROVIDERS.flatMap((provider): [string, SignInClient][] => {
    const { env } = provider;
    const clientId = fields[`${env}_CLIENT_ID`];
    const clientSecret = fields[`${env}_CLIENT_SECRET`];
    if (clientId === undefined || clientSecret === undefined) return [];
    const row: SignInProvider = provider;
    const client = {
      provider: row,
      clientId,
      clientSecret,
      authUrl: fields[`${env}_AUTH_URL`] ?? row.authUrl,
      tokenUrl: fields[`${env}_TOKEN_URL`] ?? row.tokenUrl,
      servers: fields[`${env}_MAIL_SERVERS`] ?? row.servers,
    };
    return [[row.id, Object.freeze(client)]];
  });
  return new Map(clients);
}

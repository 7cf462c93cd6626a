/** From an environment and a schema to values, or to one error that names everything wrong with it. */
import type { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Names every key that is missing or wrong, a sentence each; holds no value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

const KEYS_HINT = 'set it; `npm run keys` prints a fresh set';
const HINTS: Readonly<Record<string, string>> = {
  SEAL_PUBLIC_KEY: KEYS_HINT,
  UNSEAL_PRIVATE_KEYS: KEYS_HINT,
  SESSION_SECRET: KEYS_HINT,
  DATABASE_URL: 'set it to a PostgreSQL, or use `npm start`, which brings its own',
  DATABASE_OWNER_URL:
    'set it to a connection as the owner of the schema, another role than that of DATABASE_URL',
  PUBLIC_URL: 'set it to the https URL that users see',
  MAILJET_API_KEY: 'set it to your API key at Mailjet, or remove the other settings for mail',
  MAILJET_API_SECRET: 'set it to the secret that belongs to MAILJET_API_KEY',
  MAIL_FROM: 'set it to a sender address that Mailjet has verified',
  GOOGLE_CLIENT_ID: 'set it to the id of your OAuth client at Google',
  STRIPE_WEBHOOK_SECRET:
    'STRIPE_SECRET_KEY is set, so billing is on; set it to the signing secret of your webhook endpoint at Stripe',
  STRIPE_PRICE_ID:
    'STRIPE_SECRET_KEY is set, so billing is on; set it to the id of the paid plan’s price at Stripe',
  MICROSOFT_CLIENT_ID:
    'MICROSOFT_CLIENT_SECRET is set; set it to the id of your app at Microsoft, or remove both',
  MICROSOFT_CLIENT_SECRET:
    'MICROSOFT_CLIENT_ID is set; set it to a client secret of your app at Microsoft, or remove both',
  GOOGLE_CLIENT_SECRET: 'set it to the secret of your OAuth client at Google',
};

/** An empty value counts as absent, as `NAME=` in an env file means. */
export const present = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));

/** Throws ConfigError. */
export function parse<S extends z.ZodObject>(env: Environment, schema: S): z.output<S> {
  const result = schema.safeParse(present(env));
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.map((issue) => describe(env, String(issue.path[0]), issue.message)),
  );
}

function describe(env: Environment, key: string, message: string): string {
  if (env[key] !== undefined && env[key] !== '') return `${key} ${message}.`;
  return `${key} is missing: ${HINTS[key] ?? 'set it'}.`;
}

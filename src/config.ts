/**
 * The environment, parsed once into frozen values; entry points hand `process.env` to one of these readers and
 * nothing else reads it. Each process has a view that does not even look at the other's secrets. All
 * readers throw ConfigError.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  databaseUrl,
  integer,
  networks,
  oneOf,
  origin,
  privateKeys,
  publicKey,
  secret,
  serviceUrl,
  text,
} from './config-fields.ts';
import { type Environment, parse } from './config-parse.ts';
import { LOG_LEVELS } from './log.ts';

const isProduction = (env: Environment): boolean => env.NODE_ENV === 'production';

/** `text`, but only needed when `needed`. */
const textIf = (needed: unknown) => (needed ? text : text.optional());

const googleFields = (env: Environment) => {
  const needed = isProduction(env) || env.GOOGLE_CLIENT_ID || env.GOOGLE_CLIENT_SECRET;
  return {
    GOOGLE_CLIENT_ID: textIf(needed),
    GOOGLE_CLIENT_SECRET: textIf(needed),
    GOOGLE_AUTH_URL: serviceUrl.prefault('https://accounts.google.com/o/oauth2/v2/auth'),
    GOOGLE_TOKEN_URL: serviceUrl.prefault('https://oauth2.googleapis.com/token'),
    GOOGLE_REVOKE_URL: serviceUrl.prefault('https://oauth2.googleapis.com/revoke'),
    GOOGLE_JWKS_URL: serviceUrl.prefault('https://www.googleapis.com/oauth2/v3/certs'),
    GOOGLE_ISSUER: serviceUrl.prefault('https://accounts.google.com'),
    GMAIL_ROOT_URL: serviceUrl.prefault('https://gmail.googleapis.com/'),
  };
};

const sharedFields = (env: Environment) => ({
  ...googleFields(env),
  DATABASE_URL: databaseUrl,
  HOST: text.prefault('127.0.0.1'),
  POLL_SECONDS: integer(1, 86_400).prefault('300'),
  LOG_LEVEL: oneOf(LOG_LEVELS).prefault('info'),
});

const port = integer(0, 65_535);

export const webFields = (env: Environment) => ({
  ...sharedFields(env),
  PORT: port.prefault('3000'),
  // One below the highest: under `npm start` the worker's is the next.
  METRICS_PORT: integer(0, 65_534).prefault('9090'),
  PUBLIC_URL: isProduction(env)
    ? origin(true)
    : origin(false).prefault(`http://localhost:${env.PORT || '3000'}`),
  TRUSTED_PROXIES: integer(0, 8).prefault(isProduction(env) ? '1' : '0'),
  SEAL_PUBLIC_KEY: publicKey,
  SESSION_SECRET: secret,
  STRIPE_SECRET_KEY: text.optional(),
  STRIPE_WEBHOOK_SECRET: textIf(env.STRIPE_SECRET_KEY),
  STRIPE_PRICE_ID: textIf(env.STRIPE_SECRET_KEY),
  STRIPE_API_URL: serviceUrl.prefault('https://api.stripe.com'),
});

export const workerFields = (env: Environment) => ({
  ...sharedFields(env),
  METRICS_PORT: port.prefault('9091'),
  UNSEAL_PRIVATE_KEYS: privateKeys,
  MAIL_PRIVATE_NETWORKS: networks.optional(),
  MAX_MESSAGE_BYTES: integer(1, 150_000_000).prefault('150000000'),
  BYTES_IN_FLIGHT: integer(1_048_576, 68_719_476_736).prefault('268435456'),
  WORKER_ID: z.uuid('must be a UUID').optional(),
  GMAIL_IMPORTS_PER_MINUTE: integer(1, 1_000_000).prefault('240'),
  GMAIL_DECLARE_SIZE: oneOf(['0', '1']).prefault('0'),
  GMAIL_BYTES_PER_DAY: integer(1_000_000, 1_000_000_000_000).prefault('500000000'),
  MAILJET_API_KEY: text.optional(),
  MAILJET_API_SECRET: textIf(env.MAILJET_API_KEY),
  MAILJET_API_URL: serviceUrl.prefault('https://api.mailjet.com'),
  MAIL_FROM: textIf(env.MAILJET_API_KEY),
});

const freezePair = <A, B>(a: A | undefined, b: B | undefined): Readonly<{ id: A; secret: B }> | null =>
  a === undefined || b === undefined ? null : Object.freeze({ id: a, secret: b });

const googleOf = (fields: z.output<z.ZodObject<ReturnType<typeof googleFields>>>) =>
  Object.freeze({
    /** null: nobody can sign in; never in production. */
    client: freezePair(fields.GOOGLE_CLIENT_ID, fields.GOOGLE_CLIENT_SECRET),
    authUrl: fields.GOOGLE_AUTH_URL,
    tokenUrl: fields.GOOGLE_TOKEN_URL,
    revokeUrl: fields.GOOGLE_REVOKE_URL,
    jwksUrl: fields.GOOGLE_JWKS_URL,
    issuer: fields.GOOGLE_ISSUER,
    /** Ends with a slash. */
    gmailRootUrl: fields.GMAIL_ROOT_URL.replace(/\/*$/, '/'),
  });
export type GoogleConfig = ReturnType<typeof googleOf>;

const sharedOf = (env: Environment, fields: z.output<z.ZodObject<ReturnType<typeof sharedFields>>>) => ({
  production: isProduction(env),
  /** The address to listen on, for metrics too: loopback unless `HOST` says otherwise. */
  host: fields.HOST,
  databaseUrl: fields.DATABASE_URL,
  google: googleOf(fields),
  /** Seconds between visits to a mailbox that chose no interval of its own. */
  pollSeconds: fields.POLL_SECONDS,
  logLevel: fields.LOG_LEVEL,
});

/** Takes the workers' private keys out of the web process's environment; whether they were there. */
export function forgetPrivateKeys(env: Record<string, string | undefined>): boolean {
  const held = env.UNSEAL_PRIVATE_KEYS !== undefined;
  delete env.UNSEAL_PRIVATE_KEYS;
  return held;
}

/** What the web process may know. */
export function readWebConfig(env: Environment) {
  const fields = parse(env, z.object(webFields(env)));
  return Object.freeze({
    ...sharedOf(env, fields),
    port: fields.PORT,
    metricsPort: fields.METRICS_PORT,
    /** An origin: scheme, host and port, no trailing slash. */
    publicUrl: fields.PUBLIC_URL,
    /** Proxies before us whose X-Forwarded-For counts; default one, the platform's, in production. */
    trustedProxies: fields.TRUSTED_PROXIES,
    sealPublicKey: fields.SEAL_PUBLIC_KEY,
    sessionSecret: fields.SESSION_SECRET,
    /** null: billing is off and everything is allowed. */
    stripe:
      fields.STRIPE_SECRET_KEY === undefined
        ? null
        : Object.freeze({
            secretKey: fields.STRIPE_SECRET_KEY,
            webhookSecret: fields.STRIPE_WEBHOOK_SECRET ?? '',
            priceId: fields.STRIPE_PRICE_ID ?? '',
            apiUrl: fields.STRIPE_API_URL,
          }),
  });
}
export type WebConfig = ReturnType<typeof readWebConfig>;

/** What a worker may know. */
export function readWorkerConfig(env: Environment) {
  const fields = parse(env, z.object(workerFields(env)));
  return Object.freeze({
    ...sharedOf(env, fields),
    metricsPort: fields.METRICS_PORT,
    /** The key ring, the current key first. */
    unsealPrivateKeys: Object.freeze(fields.UNSEAL_PRIVATE_KEYS),
    /** CIDRs that sources may live in although private. */
    mailPrivateNetworks: Object.freeze(fields.MAIL_PRIVATE_NETWORKS ?? []),
    maxMessageBytes: fields.MAX_MESSAGE_BYTES,
    bytesInFlight: fields.BYTES_IN_FLIGHT,
    /** The name that leases are taken in. A process started with its dead predecessor's takes over at once. */
    workerId: fields.WORKER_ID ?? randomUUID(),
    /** Name a message's size when its upload session is opened. */
    declareSize: fields.GMAIL_DECLARE_SIZE === '1',
    /** What Gmail allows each user; new Cloud projects have 240 imports in any minute. */
    allowance: Object.freeze({
      importsPerMinute: fields.GMAIL_IMPORTS_PER_MINUTE,
      bytesPerDay: fields.GMAIL_BYTES_PER_DAY,
    }),
    /** null: notices stay in the dashboard. */
    mailjet:
      fields.MAILJET_API_KEY === undefined
        ? null
        : Object.freeze({
            apiKey: fields.MAILJET_API_KEY,
            apiSecret: fields.MAILJET_API_SECRET ?? '',
            apiUrl: fields.MAILJET_API_URL,
            from: fields.MAIL_FROM ?? '',
          }),
  });
}
export type WorkerConfig = ReturnType<typeof readWorkerConfig>;

/**
 * The environment, parsed once into frozen values; entry points hand `process.env` to one of these readers and
 * nothing else reads it. Each process has a view that does not even look at the other's secrets. All
 * readers throw ConfigError.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  databaseUrl,
  emailAddress,
  httpsUrl,
  integer,
  mailFrom,
  names,
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
import { signInFields, signInsOf } from './config-sign-ins.ts';
import { plansOf } from './core/plan.ts';
import { LOG_LEVELS } from './log.ts';

const isProduction = (env: Environment): boolean => env.NODE_ENV === 'production';

/** Whether mail is to be sent: then all that it takes must be there. */
const sendsMail = (env: Environment): boolean =>
  Boolean(env.MAILJET_API_KEY || env.MAILJET_API_SECRET || env.MAILJET_API_URL || env.MAIL_FROM);

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

/** The workers end customers and look for lost webhooks; whose signature is right only the web process checks. */
const stripeFields = (env: Environment) => ({
  STRIPE_SECRET_KEY: text.optional(),
  STRIPE_PRICE_ID: textIf(env.STRIPE_SECRET_KEY),
  STRIPE_API_URL: serviceUrl.prefault('https://api.stripe.com'),
  FREE_MAILBOXES: integer(0, 1000).prefault('1'),
  FREE_POLL_SECONDS: integer(1, 86_400).prefault('900'),
});

const sharedFields = (env: Environment) => ({
  ...googleFields(env),
  ...stripeFields(env),
  ...signInFields(env),
  DATABASE_URL: databaseUrl,
  HOST: text.prefault('127.0.0.1'),
  POLL_SECONDS: integer(1, 86_400).prefault('300'),
  WEBHOOK_PRIVATE_NETWORKS: networks.optional(),
  GMAIL_IMPORTS_PER_MINUTE: integer(1, 1_000_000).prefault('240'),
  GMAIL_BYTES_PER_DAY: integer(1_000_000, 1_000_000_000_000).prefault('500000000'),
  LOG_LEVEL: oneOf(LOG_LEVELS).prefault('info'),
});

const port = integer(0, 65_535);
/** Workers wipe after this time; the web process says so on its pages. */
const retentionDays = integer(15, 3650).prefault('60');

const publicUrlField = (env: Environment, needed: boolean) =>
  isProduction(env) && needed
    ? origin(true)
    : origin(isProduction(env)).prefault(
        `http${isProduction(env) ? 's' : ''}://localhost:${env.PORT || '3000'}`,
      );

export const webFields = (env: Environment) => ({
  ...sharedFields(env),
  PORT: port.prefault('3000'),
  // One below the highest: under `npm start` the worker's is the next.
  METRICS_PORT: integer(0, 65_534).prefault('9090'),
  PUBLIC_URL: publicUrlField(env, true),
  TRUSTED_PROXIES: integer(0, 8).prefault(isProduction(env) ? '1' : '0'),
  SEAL_PUBLIC_KEY: publicKey,
  SESSION_SECRET: secret,
  STRIPE_WEBHOOK_SECRET: textIf(env.STRIPE_SECRET_KEY),
  // Only whether it is there: the policy page names who sends our notices.
  MAILJET_API_KEY: textIf(sendsMail(env)),
  CONTACT_EMAIL: emailAddress.optional(),
  SUB_PROCESSORS: names.optional(),
  HISTORY_DAYS: integer(1, 3650).optional(),
  RETENTION_DAYS: retentionDays,
});

export const workerFields = (env: Environment) => ({
  ...sharedFields(env),
  METRICS_PORT: port.prefault('9091'),
  UNSEAL_PRIVATE_KEYS: privateKeys,
  MAIL_PRIVATE_NETWORKS: networks.optional(),
  MAX_MESSAGE_BYTES: integer(1, 150_000_000).prefault('150000000'),
  BYTES_IN_FLIGHT: integer(1_048_576, 68_719_476_736).prefault('268435456'),
  WORKER_ID: z.uuid('must be a UUID').optional(),
  GMAIL_DECLARE_SIZE: oneOf(['0', '1']).prefault('0'),
  MAILJET_API_KEY: textIf(sendsMail(env)),
  MAILJET_API_SECRET: textIf(sendsMail(env)),
  MAILJET_API_URL: httpsUrl.prefault('https://api.mailjet.com'),
  MAIL_FROM: sendsMail(env) ? mailFrom : mailFrom.optional(),
  // Where the links in mails lead.
  PUBLIC_URL: publicUrlField(env, sendsMail(env)),
  RETENTION_DAYS: retentionDays,
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

/** null: billing is off and everything is allowed. */
const stripeOf = (fields: z.output<z.ZodObject<ReturnType<typeof stripeFields>>>) =>
  fields.STRIPE_SECRET_KEY === undefined
    ? null
    : Object.freeze({
        secretKey: fields.STRIPE_SECRET_KEY,
        priceId: fields.STRIPE_PRICE_ID ?? '',
        apiUrl: fields.STRIPE_API_URL,
      });

const sharedOf = (env: Environment, fields: z.output<z.ZodObject<ReturnType<typeof sharedFields>>>) => ({
  production: isProduction(env),
  /** The address to listen on, for metrics too: loopback unless `HOST` says otherwise. */
  host: fields.HOST,
  databaseUrl: fields.DATABASE_URL,
  google: googleOf(fields),
  stripe: stripeOf(fields),
  /** Providers of mailboxes that owners can sign in at. */
  signIns: signInsOf(fields),
  /** What the plans allow, where this installation bills. */
  plans: Object.freeze(
    plansOf({
      freeMailboxes: fields.FREE_MAILBOXES,
      freePollSeconds: fields.FREE_POLL_SECONDS,
      pollSeconds: fields.POLL_SECONDS,
    }),
  ),
  /** Seconds between visits to a mailbox that chose no interval of its own. */
  pollSeconds: fields.POLL_SECONDS,
  /** What Gmail allows each user; new Cloud projects have 240 imports in any minute. */
  allowance: Object.freeze({
    importsPerMinute: fields.GMAIL_IMPORTS_PER_MINUTE,
    bytesPerDay: fields.GMAIL_BYTES_PER_DAY,
  }),
  logLevel: fields.LOG_LEVEL,
  /** CIDRs that webhooks may be told in although private, on any port and without TLS. */
  webhookPrivateNetworks: Object.freeze(fields.WEBHOOK_PRIVATE_NETWORKS ?? []),
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
    /** Empty without `stripe`. */
    stripeWebhookSecret: fields.STRIPE_WEBHOOK_SECRET ?? '',
    /** Whether notices go out by Mailjet; the web process does not send them. */
    sendsMail: fields.MAILJET_API_KEY !== undefined,
    /** null: the pages name "the operator of this installation". */
    contactEmail: fields.CONTACT_EMAIL ?? null,
    /** Who else has a part in this installation, by name. */
    subProcessors: Object.freeze(fields.SUB_PROCESSORS ?? []),
    /** Days of the database's history; null: none. */
    historyDays: fields.HISTORY_DAYS ?? null,
    /** Days after which a mailbox at rest is wiped. */
    retentionDays: fields.RETENTION_DAYS,
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
    /** null: notices stay in the dashboard. */
    mailjet:
      fields.MAILJET_API_KEY === undefined || fields.MAIL_FROM === undefined
        ? null
        : Object.freeze({
            apiKey: fields.MAILJET_API_KEY,
            apiSecret: fields.MAILJET_API_SECRET ?? '',
            apiUrl: fields.MAILJET_API_URL,
            from: Object.freeze(fields.MAIL_FROM),
          }),
    /** An origin: where the links in mails lead. */
    publicUrl: fields.PUBLIC_URL,
    /** Days that a mailbox at rest is kept. */
    retentionDays: fields.RETENTION_DAYS,
  });
}
export type WorkerConfig = ReturnType<typeof readWorkerConfig>;

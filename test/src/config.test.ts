import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forgetPrivateKeys, readWebConfig, readWorkerConfig } from '../../src/config.ts';
import { environmentFor, readStartConfig } from '../../src/config-commands.ts';
import { ConfigError, type Environment } from '../../src/config-parse.ts';
import { generateKeys } from '../../src/keys.ts';

const keys = generateKeys();
const web: Environment = {
  DATABASE_URL: 'postgres://web@db.example.org/mail',
  SEAL_PUBLIC_KEY: keys.SEAL_PUBLIC_KEY,
  SESSION_SECRET: keys.SESSION_SECRET,
};
const worker: Environment = {
  DATABASE_URL: 'postgres://worker@db.example.org/mail',
  UNSEAL_PRIVATE_KEYS: keys.UNSEAL_PRIVATE_KEYS,
};
const client = { GOOGLE_CLIENT_ID: 'id', GOOGLE_CLIENT_SECRET: 'secret' };

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems;
  }
  return assert.fail('was accepted');
}

test('the web process runs with its defaults, frozen', () => {
  const config = readWebConfig(web);
  assert.equal(config.port, 3000);
  assert.equal(config.host, '127.0.0.1');
  assert.equal(config.publicUrl, 'http://localhost:3000');
  assert.equal(config.pollSeconds, 300);
  assert.equal(config.google.client, null);
  assert.equal(config.google.tokenUrl, 'https://oauth2.googleapis.com/token');
  assert.equal(config.google.gmailRootUrl, 'https://gmail.googleapis.com/');
  assert.equal(config.stripe, null);
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.google));
});

test('a worker runs with its defaults, frozen', () => {
  const config = readWorkerConfig(worker);
  assert.equal(config.maxMessageBytes, 150_000_000);
  assert.equal(config.bytesInFlight, 268_435_456);
  assert.deepEqual(config.mailPrivateNetworks, []);
  assert.deepEqual(config.unsealPrivateKeys, [keys.UNSEAL_PRIVATE_KEYS]);
  assert.equal(config.mailjet, null);
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.unsealPrivateKeys));
});

test('neither process holds the other’s secrets, even when they are there', () => {
  const all = { ...web, ...worker, ...client, DATABASE_OWNER_URL: 'postgres://owner@db.example.org/mail' };
  assert.ok(!JSON.stringify(readWebConfig(all)).includes(keys.UNSEAL_PRIVATE_KEYS));
  assert.ok(!JSON.stringify(readWorkerConfig(all)).includes(keys.SESSION_SECRET));
  const forWeb = environmentFor('web', { ...all, PATH: '/bin' });
  const forWorker = environmentFor('worker', { ...all, PATH: '/bin' });
  assert.equal(forWeb.UNSEAL_PRIVATE_KEYS, undefined);
  assert.equal(forWorker.SESSION_SECRET, undefined);
  for (const env of [forWeb, forWorker]) {
    assert.equal(env.DATABASE_OWNER_URL, undefined);
    assert.equal(env.PATH, '/bin');
    assert.equal(env.GOOGLE_CLIENT_ID, 'id');
  }
  assert.equal(readWebConfig(forWeb).sealPublicKey, keys.SEAL_PUBLIC_KEY);
  assert.equal(readWorkerConfig(forWorker).unsealPrivateKeys.length, 1);
});

test('every missing or wrong key is reported at once, and no value', () => {
  const canary = 'hunter2-canary';
  const problems = problemsOf(() =>
    readWebConfig({
      PORT: canary,
      DATABASE_URL: `mysql://${canary}@db.example.org`,
      SEAL_PUBLIC_KEY: canary,
      SESSION_SECRET: canary,
      GOOGLE_TOKEN_URL: `http://${canary}.example.org/token`,
      GOOGLE_REVOKE_URL: `https://user:${canary}@example.org/`,
      LOG_LEVEL: canary,
      POLL_SECONDS: '0',
      STRIPE_SECRET_KEY: canary,
      PUBLIC_URL: `https://example.org/${canary}`,
      GOOGLE_CLIENT_SECRET: canary,
    }),
  );
  const named = [
    'PORT',
    'DATABASE_URL',
    'SEAL_PUBLIC_KEY',
    'SESSION_SECRET',
    'GOOGLE_TOKEN_URL',
    'GOOGLE_REVOKE_URL',
    'LOG_LEVEL',
    'POLL_SECONDS',
    'STRIPE_WEBHOOK_SECRET',
    'STRIPE_PRICE_ID',
    'PUBLIC_URL',
    'GOOGLE_CLIENT_ID',
  ];
  assert.deepEqual(problems.map((problem) => problem.split(' ')[0]).sort(), named.sort());
  assert.ok(!problems.join('\n').includes(canary));
  assert.match(problems.join('\n'), /^GOOGLE_CLIENT_ID is missing: /m);

  const networks = problemsOf(() =>
    readWorkerConfig({ MAIL_PRIVATE_NETWORKS: `10.0.0.0/8,${canary}`, UNSEAL_PRIVATE_KEYS: canary }),
  );
  assert.equal(networks.length, 3);
  assert.ok(!networks.join('\n').includes(canary));
});

test('networks must be whole CIDRs', () => {
  const read = (value: string) =>
    readWorkerConfig({ ...worker, MAIL_PRIVATE_NETWORKS: value }).mailPrivateNetworks;
  assert.deepEqual(read('10.0.0.0/8, fd00::/8,127.0.0.1/32'), ['10.0.0.0/8', 'fd00::/8', '127.0.0.1/32']);
  for (const wrong of [
    '10.0.0.0',
    '10.0.0.0/33',
    '010.0.0.0/8',
    '10.1/8',
    'fd00::/129',
    '10.0.0.0/8,',
    '/8',
  ]) {
    assert.equal(problemsOf(() => read(wrong)).length, 1, wrong);
  }
});

test('plain http goes to loopback only', () => {
  const read = (value: string) => readWebConfig({ ...web, GOOGLE_TOKEN_URL: value }).google.tokenUrl;
  for (const url of [
    'http://127.0.0.1:1/t',
    'http://localhost:1/t',
    'http://[::1]:1/t',
    'https://example.org/t',
  ]) {
    assert.equal(read(url), url);
  }
  for (const url of ['http://127.0.0.1.example.org/', 'http://10.0.0.1/', 'ftp://127.0.0.1/', 'token']) {
    assert.equal(problemsOf(() => read(url)).length, 1, url);
  }
});

test('a production start without keys says what to do', () => {
  const problems = problemsOf(() =>
    readStartConfig({ NODE_ENV: 'production', PUBLIC_URL: 'http://mail.example.org' }),
  );
  const told = problems.join('\n');
  for (const key of ['SEAL_PUBLIC_KEY', 'UNSEAL_PRIVATE_KEYS', 'SESSION_SECRET']) {
    assert.match(told, new RegExp(`${key} is missing: .*npm run keys`));
  }
  assert.match(told, /PUBLIC_URL must be an https URL/);
  assert.match(told, /GOOGLE_CLIENT_ID is missing/);
});

test('a start with nothing configured leaves keys and database to the data directory', () => {
  const config = readStartConfig({});
  assert.equal(config.keys, null);
  assert.equal(config.database, null);
  assert.equal(config.dataDir, './data');
  assert.equal(problemsOf(() => readStartConfig({ SESSION_SECRET: keys.SESSION_SECRET })).length, 2);
});

test('a start with an owner’s connection alone does not quietly bring a database of its own', () => {
  const [problem, ...others] = problemsOf(() =>
    readStartConfig({ DATABASE_OWNER_URL: 'postgres://owner@db.example.org/app' }),
  );
  assert.match(problem ?? '', /^DATABASE_URL is missing/);
  assert.deepEqual(others, []);
});

test('mail needs all of its settings, over https; none of them means none', () => {
  const mail = {
    MAILJET_API_KEY: 'key',
    MAILJET_API_SECRET: 'secret',
    MAIL_FROM: 'Some Service <notices@example.org>',
  };
  const { mailjet, publicUrl } = readWorkerConfig({
    ...worker,
    ...mail,
    PUBLIC_URL: 'https://mail.example.org',
  });
  assert.deepEqual(mailjet?.from, { email: 'notices@example.org', name: 'Some Service' });
  assert.equal(mailjet?.apiUrl, 'https://api.mailjet.com');
  assert.equal(publicUrl, 'https://mail.example.org');
  assert.equal(
    readWorkerConfig({ ...worker, ...mail, MAIL_FROM: 'a@example.org' }).mailjet?.from.name,
    'smtp-sync',
  );
  assert.equal(readWorkerConfig(worker).mailjet, null);
  for (const one of [...Object.keys(mail), 'MAILJET_API_URL'] as (keyof typeof mail)[]) {
    const given = { [one]: mail[one] ?? 'https://api.mailjet.com' };
    const missing = Object.keys(mail).filter((key) => key !== one);
    for (const read of [() => readWorkerConfig({ ...worker, ...given }), () => readStartConfig(given)])
      assert.deepEqual(
        problemsOf(read)
          .map((problem) => problem.split(' ')[0])
          .sort(),
        missing.toSorted(),
        one,
      );
  }
  for (const wrong of [
    { MAILJET_API_URL: 'http://127.0.0.1:1' },
    { MAIL_FROM: 'nobody' },
    { MAIL_FROM: 'a\r\nBcc: <x@example.org>' },
  ])
    assert.equal(problemsOf(() => readWorkerConfig({ ...worker, ...mail, ...wrong })).length, 1);
  const production = {
    ...worker,
    ...mail,
    NODE_ENV: 'production',
    GOOGLE_CLIENT_ID: 'i',
    GOOGLE_CLIENT_SECRET: 's',
  };
  assert.match(problemsOf(() => readWorkerConfig(production)).join('\n'), /^PUBLIC_URL is missing/m);
  const forWeb = environmentFor('web', mail);
  assert.deepEqual(
    Object.keys(forWeb),
    ['MAILJET_API_KEY'],
    'that mail is sent, and nothing to send it with',
  );
});

test('an empty value counts as absent', () => {
  assert.equal(readWebConfig({ ...web, PORT: '', STRIPE_SECRET_KEY: '' }).port, 3000);
});

test('the web process forgets private keys that it should not have been given', () => {
  const env = { ...worker };
  assert.equal(forgetPrivateKeys(env), true);
  assert.equal(forgetPrivateKeys(env), false);
  assert.ok(!('UNSEAL_PRIVATE_KEYS' in env));
});

test('the sign-in of a mailbox’s provider is offered when its client is there, whole', () => {
  const canary = 'hunter2-canary';
  assert.equal(readWebConfig(web).signIns.size, 0);
  const microsoft = { MICROSOFT_CLIENT_ID: 'id', MICROSOFT_CLIENT_SECRET: canary };
  const client = readWorkerConfig({ ...worker, ...microsoft }).signIns.get('microsoft');
  assert.equal(client?.tokenUrl, 'https://login.microsoftonline.com/common/oauth2/v2.0/token');
  assert.deepEqual(
    client.servers.map(({ protocol, host, port }) => `${protocol} ${host}:${port}`),
    ['imap outlook.office365.com:993', 'pop3 outlook.office365.com:995'],
  );
  const servers = 'imaps://localhost:1993, pop3://mail.example.org:110';
  const own = readWebConfig({ ...web, ...microsoft, MICROSOFT_MAIL_SERVERS: servers }).signIns.get(
    'microsoft',
  );
  assert.deepEqual(own?.servers, [
    { protocol: 'imap', security: 'tls', host: 'localhost', port: 1993 },
    { protocol: 'pop3', security: 'starttls', host: 'mail.example.org', port: 110 },
  ]);
  const wrong = (env: Record<string, string>) => {
    const told = problemsOf(() => readWebConfig({ ...web, ...env })).join('\n');
    assert.ok(!told.includes(canary), told);
    return told;
  };
  assert.match(wrong({ MICROSOFT_CLIENT_ID: 'id' }), /^MICROSOFT_CLIENT_SECRET is missing: /);
  assert.match(wrong({ MICROSOFT_CLIENT_SECRET: canary }), /^MICROSOFT_CLIENT_ID is missing: /);
  const url = `http://${canary}.example.org/token`;
  assert.match(
    wrong({ ...microsoft, MICROSOFT_TOKEN_URL: url }),
    /^MICROSOFT_TOKEN_URL must be an https URL/,
  );
  for (const bad of ['http://localhost:1', 'imaps://localhost', 'imaps://a:70000', 'imaps://u:p@a:1', ','])
    assert.match(
      wrong({ ...microsoft, MICROSOFT_MAIL_SERVERS: bad }),
      /^MICROSOFT_MAIL_SERVERS must be servers/,
    );
});

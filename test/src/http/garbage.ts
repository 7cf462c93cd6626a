/** What is sent to the API to see what it makes of it: fuzz.test.ts. */
import fc from 'fast-check';
import { MAILBOX } from '../../http.ts';

/** What breaks databases, clocks and parsers more often than chance would; a test may add what it knows. */
export const NASTY: string[] = [
  '',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'x\udfff',
  '\u202e',
  "' OR 1=1 --",
  '0000-01-01',
  '0000-01-01T00:00:00Z',
  '9999-12-31',
  '9999-12-31T23:59:59.999999999999Z',
  '2026-02-29',
  '2026-13-45T99:99:99Z',
  '2026-01-01T00:00:00+23:59',
  '9'.repeat(18),
  '9'.repeat(19),
  '-1',
  '1e9',
  'NaN',
  'constructor',
  '__proto__',
  'xn--a',
  'İ.example',
  '1.2.3',
  '[::1%25lo]',
  'a'.repeat(300),
];
const nasty = fc.nat(1e6).map((at) => NASTY[at % NASTY.length] ?? '');
export const word = fc.oneof(
  nasty,
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 40 }),
);
const number = fc.oneof(
  fc.constantFrom(0, -1, 1.5, 65536, 1e9, 2 ** 53, 1e308, -0),
  fc.integer(),
  fc.integer({ min: 1, max: 100_000 }),
);
const scalar = fc.oneof(word, number, fc.boolean(), fc.constant(null));
const anything = fc.oneof(scalar, fc.array(scalar, { maxLength: 4 }), fc.jsonValue());

const options = fc.record(
  {
    history: fc.oneof(fc.constantFrom('all', 'new', 'since'), anything),
    since: anything,
    folders: fc.oneof(fc.constant('all'), fc.array(word, { minLength: 1, maxLength: 3 }), anything),
    skipInbox: fc.oneof(fc.boolean(), anything),
    label: fc.oneof(fc.constant(null), anything),
    neverSpam: fc.oneof(fc.boolean(), anything),
    pollSeconds: fc.oneof(fc.integer({ min: 60, max: 86_400 }), number),
    extra: anything,
  },
  { requiredKeys: [] },
);
const server = {
  host: fc.oneof(fc.constantFrom('imap.example.com', 'bücher.example', '127.0.0.1', '::1'), word, anything),
  port: fc.oneof(fc.constant(993), number, anything),
  security: fc.oneof(fc.constantFrom('tls', 'starttls'), anything),
  username: fc.oneof(word, anything),
  password: fc.oneof(word, anything),
  auth: fc.oneof(fc.constantFrom('password', 'oauth'), anything),
  provider: fc.oneof(fc.constant('microsoft'), anything),
  options: fc.oneof(options, anything),
};
/** One field wrong at a time finds more than everything wrong at once. */
const nearlyRight = fc
  .tuple(fc.constantFrom('imap', 'pop3'), fc.record(server, { requiredKeys: [] }))
  .map(([protocol, wrong]) => ({ ...MAILBOX, protocol, ...wrong }));
const LISTED = [
  'protocol',
  'host',
  'port',
  'security',
  'username',
  'password',
  'start',
  'history',
  'folders',
  'pollSeconds',
];
const quoted = word.map((text) => (/[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text));
const right = fc.constantFrom('imap', 'imap.example.com', '993', 'tls', 'someone', 'all', 'true', '600');
/** Lists that begin well, and go on with what fits, what does not, and loose quotes. */
const list = fc
  .array(fc.array(fc.oneof(right, quoted, fc.constant('"')), { maxLength: 12 }), { maxLength: 6 })
  .map((rows) =>
    [LISTED, ...rows]
      .map((cells) => cells.join(','))
      .join('\r\n')
      .toWellFormed(),
  );
/** By operation. */
export const bodies: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  createApiKey: fc.oneof(
    fc.record({ name: word }),
    fc.record({ name: word, scopes: anything, expiresInDays: fc.oneof(number, anything) }),
    anything,
  ),
  createMailbox: fc.oneof(nearlyRight, anything),
  discover: fc.oneof(
    fc.record({ email: word.map((local) => `${local}@example.org`) }),
    fc.record({ email: word.map((domain) => `someone@${domain}`) }),
    fc.record({ email: anything }),
    anything,
  ),
  importMailboxes: fc.oneof(list, word, anything),
  editMailbox: fc.oneof(fc.record(server, { requiredKeys: [] }), anything),
  createWebhook: fc.oneof(
    fc.record({
      url: fc.oneof(
        word.map((host) => `https://${host}/`),
        word.map((path) => `https://a.example/${path}`),
        anything,
      ),
      events: fc.oneof(fc.constant(['mailbox.state']), anything),
    }),
    anything,
  ),
  editWebhook: fc.oneof(fc.record({ url: anything, enabled: anything }, { requiredKeys: [] }), anything),
  rotateWebhookSecret: fc.oneof(fc.record({ graceHours: fc.oneof(number, anything) }), anything),
  retryMailbox: fc.oneof(fc.record({ status: anything }), anything),
};

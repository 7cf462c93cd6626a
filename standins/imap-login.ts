/** What a client says of itself in AUTHENTICATE: SASL PLAIN (RFC 4616) and XOAUTH2. */

/** Whether the user may come in with this access token. */
export type TokenCheck = (user: string, token: string) => boolean;

interface Claim {
  readonly user: string;
  readonly secret: string;
}

const NOBODY: Claim = { user: '', secret: '' };
const decode = (encoded: string): string => Buffer.from(encoded, 'base64').toString('utf8');

const MECHANISMS: Readonly<Record<string, (encoded: string) => Claim>> = {
  PLAIN: (encoded) => {
    const [, user = '', secret = ''] = decode(encoded).split('\0');
    return { user, secret };
  },
  XOAUTH2: (encoded) => {
    const [, user = '', secret = ''] =
      /^user=([^\x01]*)\x01auth=Bearer ([^\x01]*)\x01\x01$/.exec(decode(encoded)) ?? [];
    return user === '' ? NOBODY : { user, secret };
  },
};

/** How a server explains a refused token; an empty line ends it. */
const CHALLENGE = `+ ${Buffer.from('{"status":"400","schemes":"Bearer"}').toString('base64')}`;

/**
 * Whom the client claims to be, with or without initial response; null: a mechanism that is not offered. `ask` says a line and
 * returns the answer.
 */
export async function readClaim(
  [mechanism = '', initial]: readonly string[],
  tokens: TokenCheck | undefined,
  ask: (line: string) => Promise<string>,
): Promise<(Claim & { readonly vouched: boolean }) | null> {
  const name = mechanism.toUpperCase();
  const byToken = name === 'XOAUTH2';
  const claimOf = MECHANISMS[name];
  if (!claimOf || (byToken && !tokens)) return null;
  const claim = claimOf(initial ?? (await ask('+ ')));
  const vouched = byToken && tokens?.(claim.user, claim.secret) === true;
  if (byToken && !vouched) await ask(CHALLENGE);
  return { ...claim, vouched };
}

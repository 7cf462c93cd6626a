/** What a client says of itself in AUTHENTICATE: SASL PLAIN (RFC 4616) and XOAUTH2. */

/** Whether the user may come in with this access token. */
export type TokenCheck = (user: string, token: string) => boolean;

export interface Claim {
  readonly user: string;
  readonly secret: string;
}

const NOBODY: Claim = { user: '', secret: '' };
const decode = (encoded: string): string => Buffer.from(encoded, 'base64').toString('utf8');

export const MECHANISMS: Readonly<Record<string, (encoded: string) => Claim>> = {
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
export const CHALLENGE = `+ ${Buffer.from('{"status":"400","schemes":"Bearer"}').toString('base64')}`;

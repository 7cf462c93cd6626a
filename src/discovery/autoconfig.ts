/**
 * Mozilla's autoconfig documents, clientConfig version 1.1
 * (https://wiki.mozilla.org/Thunderbird:Autoconfiguration:ConfigFileFormat), as strangers serve them.
 */
import { SaxesParser } from 'saxes';
import type { Auth, Candidate } from '../core/discovery.ts';
import type { Security } from '../core/mailbox.ts';
import type { EmailAddress } from './address.ts';
import { bestFirst } from './candidates.ts';

const MAX_DEPTH = 16;
const MAX_SERVERS = 32;

interface ServerElement {
  readonly type: string;
  readonly fields: Map<string, string[]>;
}

/**
 * The servers worth offering, best first; empty for anything that is not well-formed, has a DTD (and so could
 * have entities), or nests beyond sense. Never throws. The text's size is the caller's to bound.
 */
export function parseAutoconfig(xml: string, address: EmailAddress): readonly Candidate[] {
  try {
    return bestFirst(readServers(xml).flatMap((server) => candidateOf(server, address)));
  } catch {
    return [];
  }
}

function refuse(): never {
  throw new SyntaxError('not an autoconfig document');
}

/** The parser expands no entity but XML's five own and never looks anything up; a DTD ends it all the same. */
function readServers(xml: string): readonly ServerElement[] {
  const servers: ServerElement[] = [];
  const path: string[] = [];
  let text = '';
  const parser = new SaxesParser();
  parser.on('error', refuse);
  parser.on('doctype', refuse);
  parser.on('opentag', ({ name, attributes }) => {
    path.push(name);
    text = '';
    if (path.length > MAX_DEPTH || path[0] !== 'clientConfig') refuse();
    if (path.join('/') !== 'clientConfig/emailProvider/incomingServer') return;
    if (servers.length >= MAX_SERVERS) refuse();
    servers.push({ type: attributes.type ?? '', fields: new Map() });
  });
  const addText = (piece: string) => {
    text += piece;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', ({ name }) => {
    const fields = path.length === 4 && path[2] === 'incomingServer' ? servers.at(-1)?.fields : undefined;
    fields?.set(name, [...(fields.get(name) ?? []), text.trim()]);
    path.pop();
    text = '';
  });
  parser.write(xml).close();
  return servers;
}

const SECURITIES: ReadonlyMap<string, Security> = new Map([
  ['SSL', 'tls'],
  ['STARTTLS', 'starttls'],
]);

/** Zero or one: no plain connections, no protocols but ours, no server that insists on what we cannot do. */
function candidateOf({ type, fields }: ServerElement, address: EmailAddress): readonly Candidate[] {
  const first = (name: string) => fields.get(name)?.[0] ?? '';
  const security = SECURITIES.get(first('socketType'));
  const auth = authOf(fields.get('authentication') ?? []);
  if ((type !== 'imap' && type !== 'pop3') || security === undefined || auth === null) return [];
  const host = fill(first('hostname'), address);
  const template = first('username') || '%EMAILADDRESS%';
  // Placeholders of its forms would have to be asked for.
  if (/%(?!EMAIL(?:ADDRESS|LOCALPART|DOMAIN)%)[A-Z]+%/.test(template)) return [];
  const username = fill(template, address);
  return [{ protocol: type, host, port: Number(first('port')), security, username, auth }];
}

/** In one pass, so that what is filled in is never read as a placeholder. */
function fill(template: string, { full, local, domain }: EmailAddress): string {
  const values = new Map([
    ['%EMAILADDRESS%', full],
    ['%EMAILLOCALPART%', local],
    ['%EMAILDOMAIN%', domain],
  ]);
  return template.replace(/%EMAIL[A-Z]+%/g, (placeholder) => values.get(placeholder) ?? placeholder);
}

/** `plain` is version 1.0's word for `password-cleartext`. Encrypted passwords are a matter of the handshake. */
function authOf(methods: readonly string[]): Auth | null {
  const known = methods.length === 0 ? ['password-cleartext'] : methods;
  if (known.some((method) => /^(password-cleartext|password-encrypted|plain|secure)$/.test(method)))
    return 'password';
  return known.includes('OAuth2') ? 'oauth' : null;
}

/** docs/peers.md, out of test/peers-table.ts. */
import { PEERS } from './peers-row.ts';
import { PEERS_TABLE } from './peers-table.ts';
import type { Proof } from './proofs.ts';

const HEAD = `# What else people can use, and what each lacks

Written by \`npm run peers\` from the rows of test/peers-table.ts; a test fails when this page is not what would be written. The other programs were read or run in November 2026, and are here as they were then.

H has, P partly, N no, ? not established. POP = Gmail's ended POP fetcher, GF = Gmailify, IB = tdferreira/inboxbridge (Java), TG = YoRyan/turbogmailify (Go), F2G = threehappypenguins/fetch2gmail (Python), EE = EmailEngine, IS = imapsync, GYB = got-your-back.

**Ours** is H where the tests that prove it are there, all of them; \`npm run peers -- --run\` runs them, and writes H only where they pass. What went wrong in the others is done to this one by \`npm run corpus\`.
`;

const linkOf = ({ file, name }: Proof): string => `[${name.replaceAll('|', '\\|')}](../${file})`;

/** `holds`: whether a proof counts. */
export function peersPage(holds: (proof: Proof) => boolean): string {
  const rows = PEERS_TABLE.map(({ feature, peers, proofs }) => {
    const ours = proofs.length > 0 && proofs.every(holds) ? 'H' : 'N';
    return [feature, ...peers.split(' '), `**${ours}**`, proofs.filter(holds).map(linkOf).join('; ')];
  });
  const heads = ['feature', ...PEERS, 'ours', 'shown by'];
  const table = [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `${HEAD}\n${table.join('\n')}\n`;
}

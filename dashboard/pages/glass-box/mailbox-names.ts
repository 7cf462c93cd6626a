import type { Mailbox } from '../../../src/http/api.ts';

type Named = Pick<Mailbox, 'id' | 'protocol' | 'host' | 'port' | 'username'>;

const shortName = ({ username, host }: Named): string =>
  username.includes('@') ? username : `${username} (${host})`;

const longName = ({ username, protocol, host, port }: Named): string =>
  `${username} (${protocol.toUpperCase()}, ${host}:${port})`;

/** How mailboxes are called where there is little room, by id: by no more than tells them apart. */
export function namesOf(mailboxes: readonly Named[]): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  for (const name of mailboxes.map(shortName)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return new Map(
    mailboxes.map((mailbox) => {
      const name = shortName(mailbox);
      return [mailbox.id, counts.get(name) === 1 ? name : longName(mailbox)];
    }),
  );
}

/** Names of folders as a provider has them, of any length and number. */

/** So many are shown as they are; more scroll. */
const FEW = 5;

/** Each on a line of its own, for a name may hold a comma. `inbox`: what the inbox is called; `label`: what they are. */
export function FolderNames({
  names,
  inbox,
  label,
}: {
  names: readonly string[];
  inbox: string;
  label: string;
}) {
  const list = (
    <ul className="space-y-1">
      {names.map((name) => (
        <li key={name} className="wrap-anywhere">
          {name === 'INBOX' ? inbox : name}
        </li>
      ))}
    </ul>
  );
  if (names.length <= FEW) return list;
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: keyboards scroll what has the focus.
      tabIndex={0}
      className="max-h-48 overflow-y-auto rounded-lg border border-line p-3"
    >
      {list}
    </section>
  );
}

/** The owner's rules by sender. Pure. */

/** Who a message says that it is from: the first address of its From header. */
export interface Sender {
  /** In lower case, the domain as A-labels. Neither stored nor logged. */
  readonly address: string;
  /** A-labels, in lower case. */
  readonly domain: string;
}

/** Whether the domain is one of `domains`, or below one of them. */
export function isInDomains(domain: string, domains: readonly string[]): boolean {
  return domains.some((one) => domain === one || domain.endsWith(`.${one}`));
}

/** Whether the rule names the sender, by address or by domain. null: the message names no sender, so no rule names it. */
export function isNamed(sender: Sender | null, rules: readonly string[]): boolean {
  if (sender === null) return false;
  return rules.some((rule) =>
    rule.includes('@') ? rule === sender.address : isInDomains(sender.domain, [rule]),
  );
}

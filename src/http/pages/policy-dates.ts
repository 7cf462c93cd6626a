/**
 * Versions of the policy and the terms, oldest first. A change is announced here at least 14 days before it takes effect
 * (a test sees to it), and every one of these pages then says what is coming.
 */
export interface PolicyVersion {
  /** UTC days. */
  readonly announced: string;
  readonly from: string;
  readonly summary: string;
}

export const NOTICE_DAYS = 14;

export const POLICY_VERSIONS: readonly [PolicyVersion, ...PolicyVersion[]] = [
  { announced: '2026-11-21', from: '2026-11-21', summary: 'The first version.' },
];

/** What is in force at `now`, and what is announced; null: nothing is. */
export function policyAt(
  now: Date,
  versions: readonly [PolicyVersion, ...PolicyVersion[]] = POLICY_VERSIONS,
): { readonly inForce: PolicyVersion; readonly upcoming: PolicyVersion | null } {
  const today = now.toISOString().slice(0, 10);
  return {
    inForce: versions.findLast(({ from }) => from <= today) ?? versions[0],
    upcoming: versions.find(({ announced, from }) => announced <= today && from > today) ?? null,
  };
}

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

const today = new Date().toISOString().slice(0, 10);

/** As the process starts; a deployment comes with every change anyway. */
export const IN_FORCE: PolicyVersion =
  POLICY_VERSIONS.findLast(({ from }) => from <= today) ?? POLICY_VERSIONS[0];
export const UPCOMING: PolicyVersion | null = POLICY_VERSIONS.find(({ from }) => from > today) ?? null;

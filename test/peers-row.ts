/** A row of test/peers-table.ts. */
import type { Proof } from './proofs.ts';

export const PEERS = ['POP', 'GF', 'IB', 'TG', 'F2G', 'EE', 'IS', 'GYB'] as const;

export interface PeersRow {
  readonly feature: string;
  /** In the order of `PEERS`: H has, P partly, N no, ? not established. */
  readonly peers: string;
  readonly proofs: readonly Proof[];
}

export const row = (
  feature: string,
  peers: string,
  ...proofs: readonly (readonly [file: string, name: string])[]
): PeersRow => ({
  feature,
  peers,
  proofs: proofs.map(([file, name]) => ({ file: `test/${file}.test.ts`, name })),
});

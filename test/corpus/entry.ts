/** An entry of the corpus. */
import type { Proof } from '../proofs.ts';

export interface CorpusEntry {
  /** Unique. */
  readonly quirk: string;
  /** Who does it, or where it was seen. */
  readonly source: string;
  /** What must happen here. */
  readonly expected: string;
  readonly proofs: readonly Proof[];
}

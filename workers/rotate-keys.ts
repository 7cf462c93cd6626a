/**
 * `npm run rotate-keys`: seals every secret again that is not under the current key, so that old keys can be
 * dropped from UNSEAL_PRIVATE_KEYS. Before: put the new key first in it and set the new SEAL_PUBLIC_KEY
 * everywhere. Each value is its own transaction and an edit made meanwhile wins, so the command can be
 * killed and run again at any time, beside a running service.
 */
import { readRotateConfig } from '../src/config-commands.ts';
import { isFault } from '../src/core/fault.ts';
import type { UserId } from '../src/core/mailbox.ts';
import { startEmbedded } from '../src/db/embedded.ts';
import { type Database, openDatabase } from '../src/db/pool.ts';
import { listSealedOtherwise, listTenants, replaceSealed, type SealedValue } from '../src/db/rotation.ts';
import { keepKeys } from '../src/keys.ts';
import { createSeal, sealHeadOf } from '../src/seal.ts';
import { createUnseal, publicKeyOf } from './unseal.ts';

const TENANTS_PER_PAGE = 500;
const PROGRESS_EVERY = 1_000;

export interface Rotation {
  /** Values now under the current key that were not before. */
  resealed: number;
  /** Values that somebody replaced or removed while we held them. */
  overtaken: number;
  /** Values that no key in the ring opens. */
  broken: number;
}

export interface RotateOptions {
  readonly database: Database;
  /** Private keys, the current one first. */
  readonly ring: readonly string[];
  /** Called after each value is done. */
  readonly onProgress?: (soFar: Readonly<Rotation>) => void;
}

/** One pass over every tenant. Throws RangeError on an empty or malformed ring. */
export async function rotateKeys({ database, ring, onProgress }: RotateOptions): Promise<Rotation> {
  const unseal = createUnseal(ring);
  const publicKey = publicKeyOf(ring[0] ?? '');
  const seal = createSeal(publicKey);
  const head = sealHeadOf(publicKey);
  const rotation: Rotation = { resealed: 0, overtaken: 0, broken: 0 };

  const reseal = async (value: SealedValue): Promise<keyof Rotation> => {
    let plaintext: Uint8Array;
    try {
      plaintext = await unseal(value.sealed, value.place);
    } catch (error) {
      if (isFault(error, 'seal-broken')) return 'broken';
      throw error;
    }
    const resealed = await seal(plaintext, value.place);
    plaintext.fill(0);
    return (await replaceSealed(database, value, resealed)) ? 'resealed' : 'overtaken';
  };

  for await (const tenant of tenants(database)) {
    for (const value of await listSealedOtherwise(database, tenant, head)) {
      rotation[await reseal(value)]++;
      onProgress?.(rotation);
    }
  }
  return rotation;
}

async function* tenants(database: Database): AsyncGenerator<UserId> {
  let after: UserId | null = null;
  for (;;) {
    const page: UserId[] = await listTenants(database, after, TENANTS_PER_PAGE);
    yield* page;
    after = page.at(-1) ?? null;
    if (after === null) return;
  }
}

/** Passes until one finds nothing to do: a value overtaken in the first may be under an old key again. */
async function rotateUntilDone(options: RotateOptions): Promise<Rotation> {
  const total: Rotation = { resealed: 0, overtaken: 0, broken: 0 };
  for (;;) {
    const pass = await rotateKeys(options);
    total.resealed += pass.resealed;
    total.overtaken += pass.overtaken;
    total.broken = pass.broken;
    if (pass.resealed === 0 && pass.overtaken === 0) return total;
  }
}

async function main(): Promise<void> {
  const config = readRotateConfig(process.env);
  const ring = config.unsealPrivateKeys ?? keepKeys(config.dataDir).UNSEAL_PRIVATE_KEYS.split(',');
  const embedded = config.databaseUrl === null ? await startEmbedded(config.dataDir) : null;
  try {
    const url = config.databaseUrl ?? embedded?.workerUrl ?? '';
    const database = await openDatabase({ url, role: 'worker', max: 2 });
    try {
      report(await rotateUntilDone({ database, ring, onProgress: tell }));
    } finally {
      await database.close();
    }
  } finally {
    await embedded?.stop();
  }
}

function tell({ resealed }: Readonly<Rotation>): void {
  if (resealed > 0 && resealed % PROGRESS_EVERY === 0) console.log(`${resealed} secrets sealed again`);
}

function report({ resealed, broken }: Rotation): void {
  console.log(`${resealed} secrets sealed again, ${broken} cannot be opened with any key in the ring.`);
  if (broken > 0) {
    console.log(
      'Add the key they need to UNSEAL_PRIVATE_KEYS and run this again, or have them entered again.',
    );
    process.exitCode = 1;
  } else {
    console.log('Every secret is under the current key: the others may be dropped from UNSEAL_PRIVATE_KEYS.');
  }
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}

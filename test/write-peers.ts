/** `npm run peers [-- --run]`: writes docs/peers.md from the tests that exist, or with `--run` from those that pass. */
import { writeFileSync } from 'node:fs';
import { startTestServer } from './database.ts';
import { ensurePackages, SYSTEM_PACKAGES } from './debian.ts';
import { peersPage } from './peers-page.ts';
import { PEERS_TABLE } from './peers-table.ts';
import { exists, type Proof, passing } from './proofs.ts';

const PAGE = new URL('../docs/peers.md', import.meta.url);

async function runAll(): Promise<(proof: Proof) => boolean> {
  ensurePackages(SYSTEM_PACKAGES);
  await import('../dashboard/build.ts');
  const server = await startTestServer();
  try {
    process.env.TEST_DATABASE_URL = server.url;
    return await passing(PEERS_TABLE.flatMap(({ proofs }) => proofs));
  } finally {
    await server.stop();
  }
}

const holds = process.argv.includes('--run') ? await runAll() : exists;
writeFileSync(PAGE, peersPage(holds));
const missing = PEERS_TABLE.flatMap(({ proofs }) => proofs).filter((proof) => !holds(proof));
for (const { file, name } of missing) console.log(`not proved: ${file}: ${name}`);
const proved = PEERS_TABLE.filter(({ proofs }) => proofs.length > 0 && proofs.every(holds)).length;
console.log(`${proved} of ${PEERS_TABLE.length} rows are proved: docs/peers.md`);
if (proved < PEERS_TABLE.length) process.exitCode = 1;

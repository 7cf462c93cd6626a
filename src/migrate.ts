/** `npm run migrate`: brings the configured database, or the embedded one, to the present schema. */
import { readMigrateConfig } from './config-commands.ts';
import { startEmbedded } from './db/embedded.ts';
import { migrate } from './db/migrate.ts';

/** Ends the process with 1 and one sentence when it cannot be done. */
async function main(): Promise<void> {
  const { database, dataDir } = readMigrateConfig(process.env);
  const applied = database
    ? await migrate({ ownerUrl: database.ownerUrl, runtimeUrls: [database.url] })
    : await migrateEmbedded(dataDir);
  console.log(
    applied.length > 0 ? `Applied migrations: ${applied.join(', ')}.` : 'The database is up to date.',
  );
}

async function migrateEmbedded(dataDir: string): Promise<number[]> {
  const embedded = await startEmbedded(dataDir);
  try {
    return await migrate({
      ownerUrl: embedded.ownerUrl,
      runtimeUrls: [
        { url: embedded.webUrl, role: 'web' },
        { url: embedded.workerUrl, role: 'worker' },
      ],
    });
  } finally {
    await embedded.stop();
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

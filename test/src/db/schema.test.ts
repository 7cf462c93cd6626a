/** After a new migration: `UPDATE_SCHEMA=1 npm test test/src/db/schema.test.ts`, and read the difference. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { it } from 'node:test';
import { openTestDatabase } from '../../database.ts';
import { dumpSchema } from './schema-dump.ts';

const golden = new URL('../../fixtures/schema.sql', import.meta.url);

it('has the schema of the golden dump', async (t) => {
  const dump = await dumpSchema(await openTestDatabase(t));
  if (process.env.UPDATE_SCHEMA) await writeFile(golden, dump);
  assert.equal(dump, await readFile(golden, 'utf8'));
});

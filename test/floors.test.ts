import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkFloors, findCircles, readSources } from './floors.ts';
import { scan } from './imports.ts';

const DEPENDENCIES = new Set(['pg', 'express', 'imapflow', 'zod', '@googleapis/gmail']);
const check = (files: Record<string, string>) => checkFloors(new Map(Object.entries(files)), DEPENDENCIES);

test('this repository keeps its floors, and the check sees all of it', () => {
  const root = new URL('..', import.meta.url).pathname;
  const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const sources = readSources(root);
  assert.deepEqual(checkFloors(sources, new Set(Object.keys(dependencies))), []);
  for (const path of ['src/core/fault.ts', 'workers/unseal.ts', 'test/floors.ts'])
    assert.ok(sources.has(path));
  const pg = [...sources].filter(([, source]) => scan(source).specifiers.includes('pg'));
  assert.ok(pg.some(([path]) => path.startsWith('src/db/')));
});

const VIOLATIONS: Readonly<Record<string, readonly [path: string, source: string]>> = {
  'core imports a package': ['src/core/a.ts', "import { z } from 'zod';"],
  'core does I/O': ['src/core/a.ts', "import { readFile } from 'node:fs/promises';"],
  'core imports an adapter, type only': ['src/core/a.ts', "import type { Pool } from '../db/pool.ts';"],
  'adapters meet': ['src/db/a.ts', "import { revoke } from '../google/b.ts';"],
  'an adapter imports the log': ['src/db/a.ts', "import { createLog } from '../log.ts';"],
  'http imports workers': ['src/http/a.ts', "import { createUnseal } from '../../workers/unseal.ts';"],
  'the web process opens secrets': ['src/main.ts', "import { createUnseal } from '../workers/unseal.ts';"],
  'seal opens secrets': ['src/seal.ts', "export { createUnseal } from '../workers/unseal.ts';"],
  'a run reaches for the database': ['workers/run.ts', "import { openDatabase } from '../src/db/pool.ts';"],
  'a run reaches for http': ['workers/run.ts', "import '../src/http/server.ts';"],
  'a job reaches for http': ['workers/jobs/a.ts', "import '../../src/http/server.ts';"],
  'the dashboard reaches into the server': ['dashboard/a.tsx', "import { x } from '../src/http/server.ts';"],
  'somebody imports a test': ['demo/main.ts', "import { x } from '../test/database.ts';"],
  'express outside http': ['workers/main.ts', "import express from 'express';"],
  'pg outside db': ['workers/main.ts', "import pg from 'pg';"],
  'a subpath of pg outside db': ['src/http/a.ts', "import x from 'pg/lib/client.js';"],
  'imapflow outside its adapter': ['workers/sources/open.ts', "import { ImapFlow } from 'imapflow';"],
  'a development dependency': ['workers/a.ts', "import pop3 from 'node-pop3';"],
  'a dynamic import': ['workers/run.ts', "const x = await import('../src/db/pool.ts');"],
  'an import type': ['workers/run.ts', "type P = import('../src/db/pool.ts').Pool;"],
  'a computed import': ['workers/run.ts', 'await import(name);'],
  'a re-export over lines': [
    'workers/run.ts',
    "export {\n  a, // b\n  type C,\n}\nfrom\n'../src/db/pool.ts';",
  ],
  'the environment, dotted': ['src/http/a.ts', 'const x = process.env.PORT;'],
  'the environment, whole': ['src/main.ts', 'start(process.env);'],
  'the environment, by reader outside an entry point': ['src/http/a.ts', 'readWebConfig(process.env);'],
  'the environment, in a template': ['workers/a.ts', `const x = \`a\${process.env.HOME}b\`;`],
  'the environment, after a regular expression': ['workers/a.ts', 'const a = /[\'"`]/; f(process.env);'],
  'the environment, by import': ['workers/a.ts', "import { env } from 'node:process';"],
  'a file without end': ['workers/a.ts', '\n'.repeat(301)],
};

for (const [name, [path, source]] of Object.entries(VIOLATIONS)) {
  test(`caught: ${name}`, () => {
    const problems = check({ [path]: source });
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', new RegExp(path));
  });
}

test('what is allowed passes', () => {
  const problems = check({
    'src/core/a.ts': "import { createHash } from 'node:crypto';\nimport type { B } from './b.ts';",
    'src/db/a.ts': "import pg from 'pg';\nimport { Fault } from '../core/fault.ts';",
    'src/http/a.ts': "import express from 'express';\nimport { createSeal } from '../seal.ts';",
    'workers/main.ts':
      "import { readWorkerConfig } from '../src/config.ts';\nreadWorkerConfig(process.env, {});",
    'workers/sources/imap.ts': "import { ImapFlow } from 'imapflow';",
    'workers/jobs/a.ts': "import { gmail } from '@googleapis/gmail';\nimport { x } from '../../src/db/x.ts';",
    'test/a.test.ts': "import pg from 'pg';\nprocess.env.HOME;",
  });
  assert.deepEqual(problems, []);
});

test('what only looks like an import or the environment is none', () => {
  const source = [
    "// import 'a'; process.env",
    "/* export * from 'b' */",
    'const text = "import \'c\' from process.env";',
    "const nested = `import 'd' \u0024{f(`process.env \u0024{'}'}`)} from 'e'`;",
    'const pattern = /import "f" from \'g/;',
    "Array.from('h'); x.import('i'); const from = 1;",
    'const half = a / b; const more = c / d;',
    'process.environment; my.processes;',
  ].join('\n');
  assert.deepEqual(scan(source), { specifiers: [], computed: 0, envUses: 0, envReads: 0 });
});

test('circles are found, type imports count', () => {
  const files = {
    'src/db/a.ts': "import { b } from './b.ts';",
    'src/db/b.ts': "import './c.ts';",
    'src/db/c.ts': "import type { A } from './a.ts';",
    'src/db/d.ts': "import './a.ts';",
  };
  assert.deepEqual(check(files), ['circle: src/db/a.ts → src/db/b.ts → src/db/c.ts → src/db/a.ts']);
  assert.deepEqual(
    findCircles(
      new Map([
        ['a', ['b', 'c']],
        ['b', ['c']],
        ['c', []],
      ]),
    ),
    [],
  );
});

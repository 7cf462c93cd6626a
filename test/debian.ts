/** What the tests need from the operating system. On Debian as root it is installed; elsewhere we say what to do. */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

export interface SystemPackage {
  /** Debian's name of it. */
  readonly name: string;
  /** A file that is there when it is installed. */
  readonly proof: string;
}

export const SYSTEM_PACKAGES: readonly SystemPackage[] = [
  { name: 'dovecot-imapd', proof: '/usr/lib/dovecot/imap' },
  { name: 'dovecot-pop3d', proof: '/usr/lib/dovecot/pop3' },
  { name: 'chromium', proof: '/usr/bin/chromium' },
];

/** Asked by package scripts before they start a service; 101 is a no. */
const POLICY = '/usr/sbin/policy-rc.d';

/** Does nothing when all is there. Throws an Error that tells how to install what is missing. */
export function ensurePackages(packages: readonly SystemPackage[]): void {
  const missing = packages.filter(({ proof }) => !existsSync(proof)).map(({ name }) => name);
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (!existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0) {
    throw new Error(`The tests need ${missing.join(', ')}. On Debian or Ubuntu, as root: ${command}`);
  }
  console.log(`installing ${missing.join(', ')}`);
  const forbidding = !existsSync(POLICY);
  if (forbidding) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    aptGet(['update']);
    aptGet(['install', '-y', '--no-install-recommends', ...missing]);
  } finally {
    if (forbidding) rmSync(POLICY);
  }
}

function aptGet(args: readonly string[]): void {
  const options = ['-qq', '-o', 'DPkg::Lock::Timeout=300'];
  const { status, stdout, stderr } = spawnSync('apt-get', [...options, ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    timeout: 600_000,
  });
  if (status !== 0) throw new Error(`apt-get ${args.join(' ')} failed:\n${stdout}${stderr}`);
}

/**
 * Completes package-lock.json: npm leaves out a package for another system when the registry in use
 * does not have it, and `npm ci` then refuses the lock file everywhere. Run after changing
 * dependencies: node scripts/lock-platforms.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { root } from './processes.mjs';

const SYSTEM =
  /(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)-([a-z0-9]+)/;

/** Where Node looks for a package that the one at `path` names, nearest first. */
function placesFor(path, name) {
  const parts = path === '' ? [''] : `/${path}`.split('/node_modules/');
  return parts.map((_, skipped) =>
    [...parts.slice(0, parts.length - skipped), name].join('/node_modules/').slice(1)
  );
}

/** @returns Name and version of every optional dependency that the lock file does not hold. */
export function missingPlatformPackages({ packages }) {
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {}, dev }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !placesFor(path, name).some(place => place in packages))
      .map(([name, version]) => ({ name, version, dev }))
  );
}

function entryFor({ name, version, dev }) {
  const [, os, cpu] = SYSTEM.exec(name) ?? [];
  if (os === undefined || !/^\d/.test(version)) {
    throw new Error(`${name}@${version} is not named after a system; install it from a registry.`);
  }
  const libc = os === 'linux' ? /-(musl|gnu)/.exec(name)?.[1] : undefined;
  return {
    version,
    cpu: [cpu],
    ...(dev ? { dev } : {}),
    ...(libc === undefined ? {} : { libc: [libc === 'gnu' ? 'glibc' : libc] }),
    optional: true,
    os: [os]
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const file = join(root, 'package-lock.json');
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const missing = missingPlatformPackages(lock);
  for (const found of missing) {
    lock.packages[`node_modules/${found.name}`] = entryFor(found);
  }
  lock.packages = Object.fromEntries(
    Object.entries(lock.packages).sort(([one], [other]) => one.localeCompare(other, 'en'))
  );
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  process.stdout.write(`${missing.length} packages for other systems added\n`);
}

import { RefusedError } from '../sigv4';
import type { StoredRole } from './roles';

export const noSuchRole = (name: string) =>
  new RefusedError(404, 'NoSuchEntity', `The role with name ${name} cannot be found.`);

export const noSuchRolePolicy = (name: string) =>
  new RefusedError(404, 'NoSuchEntity', `The role policy with name ${name} cannot be found.`);

/** Names of roles are unique without regard to case. @throws RefusedError NoSuchEntity. */
export function findRole(roles: Readonly<Record<string, StoredRole>>, name: string): StoredRole {
  const key = name.toLowerCase();
  const role = Object.hasOwn(roles, key) ? roles[key] : undefined;
  if (role === undefined) {
    throw noSuchRole(name);
  }
  return role;
}

import { randomBytes } from 'node:crypto';

import type { KnownCredentials } from '../sigv4';
import type { SandboxState, StateDocument } from '../state';
import { uniqueId } from './roles';

/** Who signed a request. */
export interface Caller {
  /** Such as `arn:aws:sts::123456789012:assumed-role/Role/session`. */
  arn: string;
  userId: string;
  /** Name of the role whose session this is; its policies decide what the caller may do. */
  roleName?: string;
}

interface StoredSession {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** ISO 8601. */
  expiresAt: string;
  arn: string;
  userId: string;
  roleName: string;
}

interface StoredSessions {
  /** Of the user that the sandbox's own credentials belong to. */
  userId: string;
  sessions: Record<string, StoredSession>;
}

/** All credentials that the sandbox accepts: its own and those that AssumeRole gave out. */
export interface CredentialDirectory {
  /** For `verifySigV4`; undefined for a key that nobody was given. */
  readonly find: (accessKeyId: string) => KnownCredentials | undefined;
  /** @throws Error for a key that `find` does not know. */
  callerOf(accessKeyId: string): Caller;
  issue(options: {
    arn: string;
    userId: string;
    roleName: string;
    seconds: number;
  }): Promise<Required<KnownCredentials>>;
}

/** Kept in `sts.json`, so that sessions outlive a restart with the same data folder. */
export async function openCredentials(state: SandboxState): Promise<CredentialDirectory> {
  const stored: StateDocument<StoredSessions> = await state.document('sts', () => ({
    userId: uniqueId('AIDA'),
    sessions: {}
  }));
  const session = (accessKeyId: string): StoredSession | undefined =>
    Object.hasOwn(stored.value.sessions, accessKeyId)
      ? stored.value.sessions[accessKeyId]
      : undefined;
  return {
    find: accessKeyId => {
      if (accessKeyId === state.accessKeyId) {
        return state.ownCredentials();
      }
      const found = session(accessKeyId);
      return found && { ...found, expiresAt: new Date(found.expiresAt) };
    },
    callerOf: accessKeyId => {
      if (accessKeyId === state.accessKeyId) {
        return { arn: `arn:aws:iam::${state.account}:user/sandbox`, userId: stored.value.userId };
      }
      const found = session(accessKeyId);
      if (found === undefined) {
        throw new Error('No caller has this access key id.');
      }
      return { arn: found.arn, userId: found.userId, roleName: found.roleName };
    },
    issue: async ({ seconds, ...caller }) => {
      const expiresAt = new Date(state.now().getTime() + seconds * 1000);
      const credentials = {
        // No scanner for real keys looks for this prefix.
        accessKeyId: `SANDBOX${randomBytes(8).toString('hex').toUpperCase().slice(0, 13)}`,
        secretAccessKey: randomBytes(30).toString('base64url'),
        sessionToken: randomBytes(120).toString('base64')
      };
      stored.value.sessions[credentials.accessKeyId] = {
        ...credentials,
        ...caller,
        expiresAt: expiresAt.toISOString()
      };
      await stored.save();
      return { ...credentials, expiresAt };
    }
  };
}

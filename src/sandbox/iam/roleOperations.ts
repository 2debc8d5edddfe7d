import { RefusedError } from '../sigv4';
import type { SandboxState, StateDocument } from '../state';
import { parsePolicyDocument } from './policyDocument';
import type { QueryInput } from './queryProtocol';
import { findRole, noSuchRolePolicy } from './roleNames';
import { uniqueId, type StoredRole } from './roles';
import { simulate } from './simulate';

type Output = Readonly<Record<string, unknown>>;
type RoleOperation = (input: QueryInput) => Promise<Output> | Output;

interface Tag {
  Key: string;
  Value: string;
}

// The service model has already checked that these are there and of this type.
const text = (input: QueryInput, name: string) => input[name] as string;
const optionalText = (input: QueryInput, name: string) => input[name] as string | undefined;

/** The role operations of IAM, over the stored roles. Errors are in the words of IAM. */
export function roleOperations(
  state: SandboxState,
  stored: StateDocument<{ roles: Record<string, StoredRole> }>
): Readonly<Record<string, RoleOperation>> {
  const roles = () => stored.value.roles;
  const named = (input: QueryInput) => findRole(roles(), text(input, 'RoleName'));
  const saved = async (output: Output = {}): Promise<Output> => {
    await stored.save();
    return output;
  };
  return {
    CreateRole: input => {
      const name = text(input, 'RoleName');
      const path = optionalText(input, 'Path') ?? '/';
      const trustPolicy = text(input, 'AssumeRolePolicyDocument');
      parsePolicyDocument(trustPolicy, 'trust');
      if (Object.hasOwn(roles(), name.toLowerCase())) {
        throw new RefusedError(
          409,
          'EntityAlreadyExists',
          `Role with name ${name} already exists.`
        );
      }
      const role: StoredRole = {
        name,
        path,
        id: uniqueId('AROA'),
        arn: `arn:aws:iam::${state.account}:role${path}${name}`,
        createDate: state.now().toISOString(),
        trustPolicy,
        description: optionalText(input, 'Description'),
        maxSessionSeconds: (input.MaxSessionDuration as number | undefined) ?? 3600,
        tags: (input.Tags as Tag[] | undefined) ?? [],
        policies: {}
      };
      roles()[name.toLowerCase()] = role;
      return saved({ Role: roleOutput(role) });
    },
    GetRole: input => ({ Role: { ...roleOutput(named(input)), RoleLastUsed: {} } }),
    ListRoles: input => {
      const prefix = optionalText(input, 'PathPrefix') ?? '/';
      const found = Object.values(roles())
        .filter(role => role.path.startsWith(prefix))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      // Without tags (IAM API Reference, "ListRoles").
      return page(input, 'Roles', found, role => ({ ...roleOutput(role), Tags: undefined }));
    },
    UpdateAssumeRolePolicy: input => {
      const role = named(input);
      parsePolicyDocument(text(input, 'PolicyDocument'), 'trust');
      role.trustPolicy = text(input, 'PolicyDocument');
      return saved();
    },
    DeleteRole: input => {
      const role = named(input);
      if (Object.keys(role.policies).length > 0) {
        throw new RefusedError(
          409,
          'DeleteConflict',
          'Cannot delete entity, must delete policies first.'
        );
      }
      delete roles()[role.name.toLowerCase()];
      return saved();
    },
    PutRolePolicy: input => {
      const role = named(input);
      const document = text(input, 'PolicyDocument');
      parsePolicyDocument(document, 'permissions');
      checkPolicySize(role, text(input, 'PolicyName'), document);
      role.policies[text(input, 'PolicyName')] = document;
      return saved();
    },
    GetRolePolicy: input => {
      const role = named(input);
      const document = policyOf(role, text(input, 'PolicyName'));
      return {
        RoleName: role.name,
        PolicyName: text(input, 'PolicyName'),
        PolicyDocument: urlEncoded(document)
      };
    },
    DeleteRolePolicy: input => {
      const role = named(input);
      policyOf(role, text(input, 'PolicyName'));
      delete role.policies[text(input, 'PolicyName')];
      return saved();
    },
    ListRolePolicies: input =>
      page(input, 'PolicyNames', Object.keys(named(input).policies).sort(), name => name),
    // The sandbox has no managed policies, so none can be attached.
    ListAttachedRolePolicies: input => {
      named(input);
      return { AttachedPolicies: [], IsTruncated: false };
    },
    TagRole: input => {
      const role = named(input);
      const tags = new Map(role.tags.map(tag => [tag.Key, tag.Value]));
      (input.Tags as Tag[]).forEach(tag => tags.set(tag.Key, tag.Value));
      role.tags = [...tags].map(([Key, Value]) => ({ Key, Value }));
      return saved();
    },
    ListRoleTags: input => page(input, 'Tags', named(input).tags, tag => ({ ...tag })),
    SimulatePrincipalPolicy: input => simulate(roles(), input)
  };
}

/** IAM gives documents out URL-encoded by RFC 3986 (IAM API Reference, "GetRole"). */
export function urlEncoded(document: string): string {
  return encodeURIComponent(document).replace(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  );
}

function roleOutput(role: StoredRole): Record<string, unknown> {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: role.createDate.replace(/\.\d+Z$/, 'Z'),
    AssumeRolePolicyDocument: urlEncoded(role.trustPolicy),
    Description: role.description,
    MaxSessionDuration: role.maxSessionSeconds,
    Tags: role.tags.length > 0 ? role.tags : undefined
  };
}

function policyOf(role: StoredRole, name: string): string {
  const document = Object.hasOwn(role.policies, name) ? role.policies[name] : undefined;
  if (document === undefined) {
    throw noSuchRolePolicy(name);
  }
  return document;
}

/** All inline policies of a role together hold at most 10,240 characters without white space. */
function checkPolicySize(role: StoredRole, name: string, document: string): void {
  const others = Object.entries(role.policies).filter(([other]) => other !== name);
  const size = [...others.map(([, other]) => other), document]
    .map(each => each.replace(/\s/g, '').length)
    .reduce((sum, length) => sum + length, 0);
  if (size > 10_240) {
    throw new RefusedError(
      409,
      'LimitExceeded',
      `Maximum policy size of 10240 bytes exceeded for role ${role.name}`
    );
  }
}

function page<T>(
  input: QueryInput,
  member: string,
  all: readonly T[],
  output: (item: T) => unknown
): Output {
  const marker = optionalText(input, 'Marker');
  const start = marker === undefined ? 0 : Number(Buffer.from(marker, 'base64').toString());
  if (!Number.isSafeInteger(start) || start < 0) {
    throw new RefusedError(400, 'ValidationError', `Invalid Marker: ${marker}`);
  }
  const end = start + ((input.MaxItems as number | undefined) ?? 100);
  const more = end < all.length;
  return {
    [member]: all.slice(start, end).map(output),
    IsTruncated: more,
    ...(more ? { Marker: Buffer.from(String(end)).toString('base64') } : {})
  };
}

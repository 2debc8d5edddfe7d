import type { ServerResponse } from 'node:http';

import {
  createTestClock,
  escapeXml,
  sendQueryError,
  startScriptedAws,
  type ScriptedAws
} from '../aws/testing/scriptedAws';
import {
  checkImportRole,
  createImportRole,
  defaultRoleName,
  importRoleTrustPolicy,
  listImportRoles
} from '.';

const ACCOUNT = '123456789012';
const INPUTS = { account: ACCOUNT, region: 'us-east-1', bucket: 'models' };
const TRUST = JSON.stringify(importRoleTrustPolicy(INPUTS));

interface StoredRole {
  trust?: string;
  tags: Array<[string, string]>;
  policies: Record<string, string>;
  hiddenFor: number;
  arn?: string;
}

let server: ScriptedAws;
let roles: Map<string, StoredRole>;
let denied: Set<string>;
let beforeCreate: () => void;

const arnOf = (name: string): string =>
  roles.get(name)?.arn ?? `arn:aws:iam::${ACCOUNT}:role/${name}`;

function roleXml(name: string, role: StoredRole): string {
  const tags = role.tags.map(([k, v]) => `<member><Key>${k}</Key><Value>${v}</Value></member>`);
  const trust =
    role.trust === undefined
      ? ''
      : `<AssumeRolePolicyDocument>${escapeXml(encodeURIComponent(role.trust))}</AssumeRolePolicyDocument>`;
  return `<Path>/</Path><RoleName>${name}</RoleName><RoleId>AROA</RoleId><Arn>${arnOf(name)}</Arn><CreateDate>2026-11-22T14:00:00Z</CreateDate>${trust}<Tags>${tags.join('')}</Tags>`;
}

function send(response: ServerResponse, action: string, result: string): void {
  response.writeHead(200, { 'content-type': 'text/xml' });
  response.end(
    `<${action}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><${action}Result>${result}</${action}Result></${action}Response>`
  );
}

function answer(body: string, response: ServerResponse): void {
  const input = new URLSearchParams(body);
  const action = input.get('Action') ?? '';
  const name = input.get('RoleName') ?? '';
  const role = roles.get(name);
  if (denied.has(action) || denied.has(`${action} ${name}`)) {
    sendQueryError(
      response,
      403,
      'AccessDenied',
      `User: me is not authorized to perform: iam:${action}`
    );
  } else if (action === 'ListRoles') {
    const names = [...roles.keys()];
    const from = Number(input.get('Marker') ?? 0);
    const page = names.slice(from, from + 2);
    const more = from + 2 < names.length;
    const members = page.map(each => `<member>${roleXml(each, roles.get(each) ?? EMPTY)}</member>`);
    send(
      response,
      action,
      `<IsTruncated>${more}</IsTruncated>${more ? `<Marker>${from + 2}</Marker>` : ''}<Roles>${members.join('')}</Roles>`
    );
  } else if (action === 'CreateRole') {
    beforeCreate();
    if (roles.has(name)) {
      sendQueryError(
        response,
        409,
        'EntityAlreadyExists',
        `Role with name ${name} already exists.`
      );
      return;
    }
    const tags: Array<[string, string]> = [];
    for (let index = 1; input.has(`Tags.member.${index}.Key`); index += 1) {
      tags.push([
        input.get(`Tags.member.${index}.Key`) ?? '',
        input.get(`Tags.member.${index}.Value`) ?? ''
      ]);
    }
    const created: StoredRole = {
      trust: input.get('AssumeRolePolicyDocument') ?? '',
      tags,
      policies: {},
      hiddenFor: hiddenAfterCreation
    };
    roles.set(name, created);
    send(response, action, `<Role>${roleXml(name, created)}</Role>`);
  } else if (role === undefined || (action === 'GetRole' && role.hiddenFor-- > 0)) {
    sendQueryError(response, 404, 'NoSuchEntity', `The role with name ${name} cannot be found.`);
  } else if (action === 'GetRole') {
    send(response, action, `<Role>${roleXml(name, role)}</Role>`);
  } else {
    role.policies[input.get('PolicyName') ?? ''] = input.get('PolicyDocument') ?? '';
    send(response, action, '');
  }
}

const EMPTY: StoredRole = { tags: [], policies: {}, hiddenFor: 0 };
let hiddenAfterCreation = 0;

beforeAll(async () => {
  server = await startScriptedAws((request, response) => answer(request.body, response));
});
beforeEach(() => {
  roles = new Map();
  denied = new Set();
  beforeCreate = () => undefined;
  hiddenAfterCreation = 0;
  server.requests.length = 0;
});
afterAll(() => server.close());

const actions = (): Array<string | null> =>
  server.requests.map(({ body }) => new URLSearchParams(body).get('Action'));

const create = (options: { roleName?: string; bucket?: string } = {}) =>
  createImportRole(server.aws, { ...INPUTS, clock: createTestClock(), ...options });

describe('createImportRole', () => {
  it('creates a tagged role that only import jobs can use, with its policy', async () => {
    await expect(create()).resolves.toEqual({
      roleArn: `arn:aws:iam::${ACCOUNT}:role/BedrockImport-models`,
      roleName: 'BedrockImport-models',
      created: true
    });
    const role = roles.get('BedrockImport-models');
    expect(JSON.parse(role?.trust ?? '')).toEqual(importRoleTrustPolicy(INPUTS));
    expect(role?.tags.map(([key]) => key)).toContain('bedrock-import');
    expect(role?.policies['BedrockImport-models']).toContain('arn:aws:s3:::models/*');
  });

  it('uses its own role again, for a second bucket too', async () => {
    await create({ roleName: 'BedrockImport-x' });
    await expect(create({ roleName: 'BedrockImport-x', bucket: 'other' })).resolves.toMatchObject({
      created: false
    });
    expect(Object.keys(roles.get('BedrockImport-x')?.policies ?? {})).toEqual([
      'BedrockImport-models',
      'BedrockImport-other'
    ]);
  });

  it('never changes a role of somebody else', async () => {
    roles.set('BedrockImport-models', { ...EMPTY, trust: TRUST, tags: [['team', 'x']] });
    await expect(create()).rejects.toMatchObject({ code: 'ROLE_NAME_TAKEN', kind: 'blocked' });
    const elsewhere = TRUST.replaceAll('us-east-1', 'eu-central-1');
    roles.set('BedrockImport-models', {
      ...EMPTY,
      trust: elsewhere,
      tags: [['bedrock-import', '']]
    });
    await expect(create()).rejects.toMatchObject({
      code: 'ROLE_NAME_TAKEN',
      message: expect.stringContaining('eu-central-1')
    });
    expect(actions()).toEqual(['GetRole', 'GetRole']);
  });

  it('waits until IAM shows the role', async () => {
    hiddenAfterCreation = 3;
    await expect(create()).resolves.toMatchObject({ created: true });
    expect(actions().filter(action => action === 'GetRole')).toHaveLength(5);
    roles.clear();
    hiddenAfterCreation = 1000;
    await expect(create()).rejects.toMatchObject({ code: 'ROLE_NOT_VISIBLE' });
  });

  it('takes the role that was created between the look and the call', async () => {
    beforeCreate = () => {
      roles.set('BedrockImport-models', {
        ...EMPTY,
        policies: {},
        trust: TRUST,
        tags: [['bedrock-import', '']]
      });
    };
    await expect(create()).resolves.toMatchObject({ created: false });
  });

  it('manages without iam:GetRole, but touches no role that it cannot see', async () => {
    denied.add('GetRole');
    await expect(create()).resolves.toMatchObject({ created: true });
    await expect(create()).rejects.toMatchObject({ code: 'ROLE_NAME_TAKEN' });
  });

  it.each(['CreateRole', 'PutRolePolicy'])('names the permission iam:%s', async action => {
    denied.add(action);
    await expect(create()).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      nextStep: expect.stringContaining(`iam:${action}`)
    });
  });

  it('refuses a name that IAM refuses, without a request', async () => {
    for (const roleName of ['', 'a b', 'x'.repeat(65), 'a\n']) {
      await expect(create({ roleName })).rejects.toMatchObject({ code: 'ROLE_NAME_INVALID' });
    }
    expect(server.requests).toHaveLength(0);
    expect(defaultRoleName('b'.repeat(63))).toHaveLength(64);
  });
});

describe('listImportRoles', () => {
  it('finds the roles that Bedrock may assume here, on every page', async () => {
    const anyone =
      '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":["sagemaker.amazonaws.com","bedrock.amazonaws.com"]},"Action":["sts:AssumeRole"]}}';
    roles.set('Good', { ...EMPTY, trust: TRUST });
    roles.set('Lambda', {
      ...EMPTY,
      trust: TRUST.replaceAll('bedrock.amazonaws.com', 'lambda.amazonaws.com')
    });
    roles.set('OtherRegion', { ...EMPTY, trust: TRUST.replaceAll('us-east-1', 'us-west-2') });
    roles.set('OtherAccount', { ...EMPTY, trust: TRUST.replaceAll(ACCOUNT, '999999999999') });
    roles.set('Broken', { ...EMPTY, trust: '%E0%A4%A' });
    roles.set('Hidden', { ...EMPTY });
    roles.set('Shared', { ...EMPTY, trust: anyone });
    denied.add('GetRole Hidden');
    const found = await listImportRoles(server.aws, { account: ACCOUNT });
    expect(found.map(role => role.roleName)).toEqual(['Good', 'Shared']);
    expect(found[0]).toEqual({ roleArn: arnOf('Good'), roleName: 'Good', created: false });
  });

  it('names the permission when the list is refused', async () => {
    denied.add('ListRoles');
    await expect(listImportRoles(server.aws, { account: ACCOUNT })).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      nextStep: expect.stringContaining('iam:ListRoles')
    });
  });
});

describe('checkImportRole', () => {
  const check = async (roleArn: string): Promise<string[]> => {
    const checks = await checkImportRole(server.aws, { ...INPUTS, roleArn });
    for (const each of checks) {
      expect(each.verdict === 'ok' || (each.nextStep ?? '') !== '').toBe(true);
    }
    return checks.map(({ id, verdict }) => `${id} ${verdict}`);
  };

  it('accepts a role that exists and trusts Bedrock', async () => {
    roles.set('Good', { ...EMPTY, trust: TRUST });
    expect(await check(arnOf('Good'))).toEqual(['import-role-exists ok', 'import-role-trust ok']);
  });

  it('stops at what cannot work', async () => {
    expect(await check('Good')).toEqual(['import-role-arn blocker']);
    expect(await check('arn:aws:iam::999999999999:role/Good')).toEqual([
      'import-role-account blocker'
    ]);
    expect(await check(arnOf('Missing'))).toEqual(['import-role-exists blocker']);
    roles.set('Lambda', {
      ...EMPTY,
      trust: TRUST.replaceAll('bedrock.amazonaws.com', 'lambda.amazonaws.com')
    });
    expect(await check(arnOf('Lambda'))).toEqual([
      'import-role-exists ok',
      'import-role-trust blocker'
    ]);
    roles.set('Pathed', {
      ...EMPTY,
      trust: TRUST,
      arn: `arn:aws:iam::${ACCOUNT}:role/team/Pathed`
    });
    expect(await check(`arn:aws:iam::${ACCOUNT}:role/Pathed`)).toEqual([
      'import-role-exists blocker'
    ]);
    expect(await check(arnOf('Pathed'))).toEqual(['import-role-exists ok', 'import-role-trust ok']);
  });

  it('only warns of what it cannot know', async () => {
    denied.add('GetRole Secret');
    expect(await check(arnOf('Secret'))).toEqual(['import-role-exists warning']);
    roles.set('Elsewhere', { ...EMPTY, trust: TRUST.replaceAll('us-east-1', 'us-west-2') });
    expect(await check(arnOf('Elsewhere'))).toEqual([
      'import-role-exists ok',
      'import-role-trust warning'
    ]);
    roles.set('Unreadable', { ...EMPTY, trust: '{' });
    expect(await check(arnOf('Unreadable'))).toEqual([
      'import-role-exists ok',
      'import-role-trust warning'
    ]);
  });
});

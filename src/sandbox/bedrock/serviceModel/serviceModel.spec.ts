import {
  compilePattern,
  findViolations,
  SerializationError,
  serviceModel,
  violationMessage,
  type ServiceName
} from '.';

const SERVICES: ServiceName[] = ['bedrock', 'bedrock-runtime', 'iam', 'sts'];

const job = {
  jobName: 'job-1',
  importedModelName: 'model-1',
  roleArn: 'arn:aws:iam::123456789012:role/Importer',
  modelDataSource: { s3DataSource: { s3Uri: 's3://my-bucket/models/one/' } }
};
const violationsOf = (changes: object) =>
  findViolations(serviceModel('bedrock'), 'CreateModelImportJobRequest', { ...job, ...changes });
const messageOf = (changes: object) => violationMessage(violationsOf(changes));

it.each(SERVICES)('holds every shape that the operations of %s reach', service => {
  const { operations, shapes } = serviceModel(service);
  const missing: string[] = [];
  const visit = (name: string) => {
    const shape = shapes[name];
    if (shape === undefined) {
      missing.push(name);
    }
    for (const part of [
      ...Object.values(shape?.members ?? {}),
      ...[shape?.member, shape?.key, shape?.value].filter(each => each !== undefined)
    ]) {
      if (shapes[part.shape] === undefined) {
        missing.push(part.shape);
      }
    }
  };
  for (const { input, output, errors } of Object.values(operations)) {
    [input, output, ...errors].filter(name => name !== undefined).forEach(visit);
  }
  Object.keys(shapes).forEach(visit);
  expect(missing).toEqual([]);
  expect(Object.keys(operations).length).toBeGreaterThan(1);
});

it.each(SERVICES)('compiles every pattern of %s', service => {
  const patterns = Object.values(serviceModel(service).shapes).flatMap(
    ({ pattern }) => pattern ?? []
  );
  expect(patterns.map(pattern => compilePattern(pattern))).toHaveLength(patterns.length);
});

it('matches long runs of dashes in names without trying every split', () => {
  // With the published pattern as it is, this would not end within the age of the universe.
  const name = `a${'-'.repeat(60)}!`;
  expect(messageOf({ jobName: name })).toBe(
    `1 validation error detected: Value '${name}' at 'jobName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9\\+\\-\\.])*`
  );
  expect(violationsOf({ jobName: 'a--b+c.d-' })).toEqual([]);
  expect(violationsOf({ jobName: '-a' })).toHaveLength(1);
});

it('accepts a whole request', () => {
  expect(
    violationsOf({
      jobTags: [{ key: 'k', value: '' }],
      clientRequestToken: 'token-1',
      vpcConfig: { subnetIds: ['subnet-1'], securityGroupIds: ['sg-1'] },
      unknownMember: 1
    })
  ).toEqual([]);
});

it('says what is wrong, all of it, in the words of the services', () => {
  expect(messageOf({ jobName: undefined })).toBe(
    "1 validation error detected: Value null at 'jobName' failed to satisfy constraint: Member must not be null"
  );
  expect(
    messageOf({ importedModelName: 'has.dot', modelDataSource: { s3DataSource: { s3Uri: '' } } })
  ).toMatch(
    /^3 validation errors detected: Value 'has\.dot' at 'importedModelName' failed .*; Value '' at 'modelDataSource\.s3DataSource\.s3Uri' failed to satisfy constraint: Member must have length greater than or equal to 1; /
  );
  expect(
    messageOf({
      jobTags: [
        { key: 'ok', value: 'v' },
        { key: 'a*b', value: 'v' }
      ]
    })
  ).toContain("Value 'a*b' at 'jobTags.2.member.key' failed");
  const list = (input: object) =>
    violationMessage(findViolations(serviceModel('bedrock'), 'ListModelImportJobsRequest', input));
  expect(list({ maxResults: 1001 })).toContain(
    "Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000"
  );
  expect(list({ statusEquals: 'Complete' })).toContain(
    "Value 'Complete' at 'statusEquals' failed to satisfy constraint: Member must satisfy enum value set: [InProgress, Completed, Failed]"
  );
});

it('refuses values of the wrong type before it looks at constraints', () => {
  expect(() => violationsOf({ jobName: 5 })).toThrow(
    new SerializationError('NUMBER_VALUE can not be converted to a String')
  );
  expect(() => violationsOf({ jobTags: {} })).toThrow(SerializationError);
  expect(() => violationsOf({ modelDataSource: 'x' })).toThrow(SerializationError);
});

it('knows names with letters of every alphabet where the model does', () => {
  const tags = (Key: string) =>
    findViolations(serviceModel('iam'), 'TagRoleRequest', {
      RoleName: 'r',
      Tags: [{ Key, Value: '' }]
    });
  expect(tags('größe')).toEqual([]);
  expect(tags('a!')).toHaveLength(1);
});

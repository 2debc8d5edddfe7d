// Extracts from botocore (the Python SDK's core, Apache-2.0, Copyright Amazon.com, Inc. or its
// affiliates) the operations that the sandbox serves, with the shapes that they reach, and writes
// them to src/sandbox/bedrock/serviceModel/service-model.json. Run again after an update of botocore:
//   node scripts/service-model.mjs [SITE_PACKAGES]
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

import { format } from 'prettier';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const SERVED = {
  bedrock: [
    'CreateModelImportJob',
    'GetModelImportJob',
    'ListModelImportJobs',
    'GetImportedModel',
    'ListImportedModels',
    'DeleteImportedModel'
  ],
  'bedrock-runtime': ['InvokeModel', 'InvokeModelWithResponseStream', 'Converse', 'ConverseStream'],
  iam: [
    'CreateRole',
    'GetRole',
    'ListRoles',
    'PutRolePolicy',
    'GetRolePolicy',
    'ListRolePolicies',
    'ListAttachedRolePolicies',
    'DeleteRolePolicy',
    'DeleteRole',
    'TagRole',
    'ListRoleTags',
    'UpdateAssumeRolePolicy',
    'SimulatePrincipalPolicy'
  ],
  sts: ['GetCallerIdentity', 'AssumeRole']
};

// Answers of these operations are written by the sandbox without guardrails, prompt routers and
// citations; their shapes would be two thirds of the file.
const UNUSED_OUTPUT_MEMBERS = new Set(['trace', 'citationsContent', 'searchResult', 'citation']);

const SHAPE_FIELDS = ['type', 'required', 'min', 'max', 'pattern', 'enum', 'payload'];
const SHAPE_FLAGS = ['union', 'document', 'eventstream', 'event', 'flattened', 'exception'];
const MEMBER_FIELDS = ['shape', 'location', 'locationName'];

function sitePackages() {
  if (process.argv[2] !== undefined) {
    return process.argv[2];
  }
  const library = join(root, '.venv', 'lib');
  const python = readdirSync(library).find(name => name.startsWith('python'));
  return join(library, python, 'site-packages');
}

function readService(packages, service) {
  const folder = join(packages, 'botocore', 'data', service);
  const version = readdirSync(folder).sort().at(-1);
  return JSON.parse(gunzipSync(readFileSync(join(folder, version, 'service-2.json.gz'))));
}

function pick(source, fields) {
  return Object.fromEntries(
    fields.filter(field => source[field] !== undefined).map(field => [field, source[field]])
  );
}

function slimShape(shape, isOutput) {
  const slim = pick(shape, [...SHAPE_FIELDS, ...SHAPE_FLAGS]);
  for (const part of ['member', 'key', 'value']) {
    if (shape[part] !== undefined) {
      slim[part] = pick(shape[part], MEMBER_FIELDS);
    }
  }
  if (shape.members !== undefined) {
    slim.members = Object.fromEntries(
      Object.entries(shape.members)
        .filter(([name]) => !(isOutput && UNUSED_OUTPUT_MEMBERS.has(name)))
        .map(([name, member]) => [name, pick(member, MEMBER_FIELDS)])
    );
  }
  if (shape.timestampFormat !== undefined) {
    slim.timestampFormat = shape.timestampFormat;
  }
  if (shape.error !== undefined) {
    slim.error = pick(shape.error, ['code', 'httpStatusCode']);
  }
  return slim;
}

function extract(model, names) {
  const shapes = {};
  const reach = (name, isOutput) => {
    if (shapes[name] !== undefined) {
      return;
    }
    const slim = slimShape(model.shapes[name], isOutput);
    shapes[name] = slim;
    const parts = [...Object.values(slim.members ?? {}), slim.member, slim.key, slim.value];
    parts.filter(Boolean).forEach(part => reach(part.shape, isOutput));
  };
  const operations = {};
  // Inputs first: a shape that is both an input and an output keeps all its members.
  for (const name of names) {
    const operation = model.operations[name];
    operations[name] = {
      http: operation.http,
      ...(operation.input ? { input: operation.input.shape } : {}),
      ...(operation.output
        ? { output: operation.output.shape, resultWrapper: operation.output.resultWrapper }
        : {}),
      errors: (operation.errors ?? []).map(error => error.shape)
    };
    if (operation.input) {
      reach(operation.input.shape, false);
    }
  }
  for (const { output, errors } of Object.values(operations)) {
    [...(output ? [output] : []), ...errors].forEach(name => reach(name, true));
  }
  const { apiVersion, protocol, serviceId, signingName, endpointPrefix, xmlNamespace } =
    model.metadata;
  return {
    metadata: {
      apiVersion,
      protocol,
      serviceId,
      signingName: signingName ?? endpointPrefix,
      xmlNamespace
    },
    operations,
    shapes
  };
}

const packages = sitePackages();
const version = /^__version__ = '(.+)'$/m.exec(
  readFileSync(join(packages, 'botocore', '__init__.py'), 'utf8')
)[1];
const services = Object.fromEntries(
  Object.entries(SERVED).map(([service, names]) => [
    service,
    extract(readService(packages, service), names)
  ])
);
const target = join(root, 'src/sandbox/bedrock/serviceModel/service-model.json');
const header =
  `Extract of the service models in botocore ${version}, Copyright Amazon.com, Inc. or its affiliates. ` +
  'Licensed under the Apache License, Version 2.0. Reduced to the operations that the sandbox serves, ' +
  'without documentation, by scripts/service-model.mjs.';
writeFileSync(
  target,
  await format(JSON.stringify({ header, services }), { parser: 'json', printWidth: 100 })
);

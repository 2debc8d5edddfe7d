import type { PolicyDocument, PolicyStatement } from '../../engine';
import { table, View, html } from '../display';

/** What each statement is for, in the words of this product; others are named by their Sid alone. */
const PURPOSES: Readonly<Record<string, string>> = {
  AssumeByBedrock: 'Bedrock may act as this role, for import jobs of this account and Region',
  AssumeBySageMaker: 'SageMaker may run notebooks as this role',
  GetModelArtifacts: 'read the model’s files',
  UploadModelArtifacts: 'send the model’s files, in parts, prove them, and delete what failed',
  BedrockCMIJobManagement: 'start import jobs and look at them',
  PassRoleToBedrockCMI: 'hand the import role to Bedrock, and to no other service',
  BedrockImportedModelLifecycle: 'look at imported models and delete them',
  BedrockListImportedModels: 'list imported models',
  BedrockInvokeCustomModels: 'ask imported models',
  ListBucketsAndRoles: 'choose from lists; without it, names are typed',
  CreateBucket: 'make the bucket',
  ManageImportRole: 'make import roles and delete them; only names that begin with BedrockImport-'
};

/** A policy statement by statement: what it is for, what it allows, on what, and only when. */
export function statementsTable(document: PolicyDocument): View {
  return table(
    document.Statement.map(statement => [
      PURPOSES[statement.Sid] ?? statement.Sid,
      lines(list(statement.Action)),
      lines(objectOf(statement)),
      lines(conditionsOf(statement))
    ]),
    { head: ['What for', 'Allowed', whoOrWhat(document), 'Only when'] }
  );
}

function whoOrWhat({ Statement }: PolicyDocument): string {
  return Statement.every(({ Principal }) => Principal !== undefined) ? 'To whom' : 'On what';
}

function objectOf({ Principal, Resource }: PolicyStatement): string[] {
  return Principal === undefined ? list(Resource ?? []) : [Principal.Service];
}

function conditionsOf({ Condition = {} }: PolicyStatement): string[] {
  return Object.values(Condition).flatMap(tests =>
    Object.entries(tests).map(([key, values]) => `${key} is ${list(values).join(' or ')}`)
  );
}

function list(value: string | string[]): string[] {
  return typeof value === 'string' ? [value] : value;
}

function lines(texts: readonly string[]): View {
  return new View(html`${texts.map(text => html`<div>${text}</div>`)}`, texts.join(', '));
}

import {
  findViolations,
  operationOf,
  SerializationError,
  serviceModel,
  shapeOf,
  violationMessage,
  type Violation,
  type ServiceModel
} from '../bedrock/serviceModel';
import { escapeXml, RefusedError } from '../sigv4';

export type QueryService = 'iam' | 'sts';

/** Input of an operation: what the form said, in the shapes of the service model. */
export type QueryInput = Readonly<Record<string, unknown>>;

/**
 * Reads the form of a query-protocol request and checks it against the service model.
 *
 * @throws RefusedError InvalidAction for an operation that is not served, ValidationError for
 * values that the model forbids.
 */
export function readQuery(
  service: QueryService,
  form: URLSearchParams
): { action: string; input: QueryInput } {
  const model = serviceModel(service);
  const action = form.get('Action') ?? '';
  if (model.operations[action] === undefined) {
    throw new RefusedError(
      400,
      'InvalidAction',
      `Could not find operation ${action} for version ${form.get('Version') ?? 'NO_VERSION_SPECIFIED'}`
    );
  }
  const input = operationOf(model, action).input;
  if (input === undefined) {
    return { action, input: {} };
  }
  const fields = new Map([...form].filter(([name]) => name !== 'Action' && name !== 'Version'));
  try {
    const value = (readShape(model, input, '', fields) ?? {}) as QueryInput;
    const violations = findViolations(model, input, value);
    if (violations.length > 0) {
      throw new RefusedError(400, 'ValidationError', violationText(violations));
    }
    return { action, input: value };
  } catch (error) {
    if (error instanceof SerializationError) {
      throw new RefusedError(400, 'MalformedInput', error.message);
    }
    throw error;
  }
}

/** In IAM's words: members in lower camel case, and a text of its own for names. */
function violationText(violations: readonly Violation[]): string {
  const lowered = violations.map(found => ({ ...found, path: lowerCamel(found.path) }));
  const [only] = lowered;
  return lowered.length === 1 &&
    /^(role|policy)Name$/.test(only?.path ?? '') &&
    only?.constraint.includes('regular expression') === true
    ? `The specified value for ${only.path} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`
    : violationMessage(lowered);
}

const lowerCamel = (path: string) =>
  path.replace(/(^|\.)([A-Z])/g, (_, dot: string, letter: string) => dot + letter.toLowerCase());

function readShape(
  model: ServiceModel,
  name: string,
  prefix: string,
  fields: ReadonlyMap<string, string>
): unknown {
  const shape = shapeOf(model, name);
  const dotted = prefix === '' ? '' : `${prefix}.`;
  if (shape.type === 'structure') {
    const entries = Object.entries(shape.members ?? {})
      .map(([member, reference]) => {
        const at = `${dotted}${reference.locationName ?? member}`;
        return [member, readShape(model, reference.shape, at, fields)] as const;
      })
      .filter(([, value]) => value !== undefined);
    return entries.length > 0 || prefix === '' ? Object.fromEntries(entries) : undefined;
  }
  if (shape.type === 'list' && shape.member !== undefined) {
    const items: unknown[] = [];
    for (let index = 1; ; index++) {
      const at = `${dotted}member.${index}`;
      const item = readShape(model, shape.member.shape, at, fields);
      if (item === undefined) {
        break;
      }
      items.push(item);
    }
    // The SDKs send an empty list as the bare name without a value.
    return items.length > 0 || fields.get(prefix) === '' ? items : undefined;
  }
  const text = fields.get(prefix);
  if (text === undefined) {
    return undefined;
  }
  if (shape.type === 'integer' || shape.type === 'long') {
    if (!/^-?\d+$/.test(text)) {
      throw new SerializationError(`'${text}' is not a number`);
    }
    return Number(text);
  }
  return shape.type === 'boolean' ? text === 'true' : text;
}

/** The answer of an operation as the query protocol writes it, in the order of the service model. */
export function renderQueryAnswer(
  service: QueryService,
  action: string,
  output: Readonly<Record<string, unknown>>,
  requestId: string
): Response {
  const model = serviceModel(service);
  const operation = operationOf(model, action);
  const result =
    operation.output === undefined || operation.resultWrapper === undefined
      ? ''
      : element(operation.resultWrapper, renderShape(model, operation.output, output));
  const body =
    `<${action}Response xmlns="${model.metadata.xmlNamespace ?? ''}">${result}` +
    `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`;
  return new Response(body, {
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId }
  });
}

const element = (name: string, content: string) => `<${name}>${content}</${name}>`;

function renderShape(model: ServiceModel, name: string, value: unknown): string {
  const shape = shapeOf(model, name);
  if (shape.type === 'structure') {
    const fields = value as Readonly<Record<string, unknown>>;
    return Object.entries(shape.members ?? {})
      .filter(([member]) => fields[member] !== undefined)
      .map(([member, reference]) =>
        element(
          reference.locationName ?? member,
          renderShape(model, reference.shape, fields[member])
        )
      )
      .join('');
  }
  if (shape.type === 'list' && shape.member !== undefined) {
    const inner = shape.member.shape;
    return (value as unknown[])
      .map(item => element('member', renderShape(model, inner, item)))
      .join('');
  }
  if (shape.type === 'map' && shape.value !== undefined) {
    const inner = shape.value.shape;
    return Object.entries(value as Record<string, unknown>)
      .map(([key, item]) =>
        element(
          'entry',
          element('key', escapeXml(key)) + element('value', renderShape(model, inner, item))
        )
      )
      .join('');
  }
  return escapeXml(String(value));
}

import { RefusedError } from '../sigv4';
import { validation } from './refusals';
import {
  findViolations,
  operationOf,
  SerializationError,
  serviceModel,
  shapeOf,
  violationMessage,
  type Operation,
  type ServiceModel,
  type Shape
} from './serviceModel';

type BedrockService = 'bedrock' | 'bedrock-runtime';

export interface MatchedOperation {
  service: BedrockService;
  action: string;
  labels: Readonly<Record<string, string>>;
}

/** The operation of the published service models whose method and path this is. */
export function matchOperation(method: string, url: URL): MatchedOperation | undefined {
  for (const service of ['bedrock', 'bedrock-runtime'] as const) {
    for (const [action, operation] of Object.entries(serviceModel(service).operations)) {
      const labels = operation.http.method === method && matchPath(operation, url.pathname);
      if (labels) {
        return { service, action, labels };
      }
    }
  }
  return undefined;
}

function matchPath(operation: Operation, path: string): Record<string, string> | undefined {
  // An ARN's slash arrives as %2F: the SDKs encode it, and the URL keeps it so.
  const found = path.replace(/(.)\/$/, '$1').split('/');
  const wanted = operation.http.requestUri.split('/');
  if (found.length !== wanted.length) {
    return undefined;
  }
  const labels: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = found[index] ?? '';
    const label = /^\{(\w+)\}$/.exec(segment)?.[1];
    if (label === undefined) {
      if (segment !== value) {
        return undefined;
      }
    } else {
      labels[label] = decodeLabel(value);
    }
  }
  return labels;
}

function decodeLabel(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/**
 * The input of an operation, from path, query, headers and body, checked against the service model.
 * A payload member (the body of InvokeModel) comes as bytes.
 *
 * @throws RefusedError ValidationException or SerializationException in the services' words.
 */
export function readInput(
  matched: MatchedOperation,
  request: { url: URL; headers: Headers; body: Uint8Array }
): Readonly<Record<string, unknown>> {
  const model = serviceModel(matched.service);
  const inputName = operationOf(model, matched.action).input;
  if (inputName === undefined) {
    return {};
  }
  const shape = shapeOf(model, inputName);
  try {
    const input = {
      ...readBody(shape, request.body),
      ...readLocated(model, shape, matched, request)
    };
    const violations = findViolations(model, inputName, input);
    if (violations.length > 0) {
      throw validation(violationMessage(violations));
    }
    return input;
  } catch (error) {
    if (error instanceof SerializationError) {
      throw new RefusedError(400, 'SerializationException', error.message);
    }
    throw error;
  }
}

function readBody(shape: Shape, body: Uint8Array): Record<string, unknown> {
  if (shape.payload !== undefined) {
    return { [shape.payload]: body };
  }
  if (body.length === 0) {
    return {};
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new SerializationError('The request body is not valid JSON.');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new SerializationError('Start of structure or map expected.');
  }
  // Members that come from elsewhere cannot be given in the body.
  return Object.fromEntries(
    Object.entries(parsed).filter(([name]) => shape.members?.[name]?.location === undefined)
  );
}

function readLocated(
  model: ServiceModel,
  shape: Shape,
  matched: MatchedOperation,
  request: { url: URL; headers: Headers }
): Record<string, unknown> {
  const located: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(shape.members ?? {})) {
    const key = member.locationName ?? name;
    let text: string | undefined;
    if (member.location === 'uri') {
      text = matched.labels[key];
    } else if (member.location === 'querystring') {
      text = request.url.searchParams.get(key) ?? undefined;
    } else if (member.location === 'header') {
      text = request.headers.get(key) ?? undefined;
    }
    if (text !== undefined) {
      located[name] = convert(shapeOf(model, member.shape), text, name);
    }
  }
  return located;
}

function convert(shape: Shape, text: string, name: string): unknown {
  switch (shape.type) {
    case 'integer':
    case 'long':
      if (!/^-?\d+$/.test(text)) {
        throw new SerializationError(`STRING_VALUE can not be converted to an Integer`);
      }
      return Number(text);
    case 'boolean':
      return text === 'true';
    case 'timestamp': {
      const time = new Date(text);
      if (Number.isNaN(time.getTime())) {
        throw validation(`The value of ${name} is not a timestamp in ISO 8601 form.`);
      }
      return time;
    }
    default:
      return text;
  }
}

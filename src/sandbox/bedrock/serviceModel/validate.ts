import { shapeOf, type ServiceModel, type Shape } from './model';
import { compilePattern } from './pattern';

/** One constraint of the service model that a value does not meet. */
export interface Violation {
  /** Path in the request as the services write it, such as `jobTags.1.member.key`. */
  path: string;
  value: unknown;
  constraint: string;
}

/** A value of the wrong JSON type; the services answer it before they look at any constraint. */
export class SerializationError extends Error {
  override readonly name = 'SerializationError';
}

/**
 * Everything in `value` that the input shape forbids, in the order of the model.
 *
 * @throws SerializationError when a value has the wrong type.
 */
export function findViolations(
  model: ServiceModel,
  shapeName: string,
  value: unknown,
  path = ''
): Violation[] {
  const shape = shapeOf(model, shapeName);
  if (shape.document === true) {
    return [];
  }
  switch (shape.type) {
    case 'structure':
      return structureViolations(model, shape, asRecord(value), path);
    case 'map':
      return mapViolations(model, shape, asRecord(value), path);
    case 'list':
      return listViolations(model, shape, value, path);
    case 'string':
      return stringViolations(shape, value, path);
    case 'blob':
      return lengthViolations(shape, blobLength(value), value, path);
    case 'boolean':
      expectType(typeof value === 'boolean', value, 'Boolean');
      return [];
    case 'timestamp':
      return [];
    default:
      return numberViolations(shape, value, path);
  }
}

/** The message of the services: "1 validation error detected: Value 'x' at 'jobName' failed …". */
export function violationMessage(violations: readonly Violation[]): string {
  const count = `${violations.length} validation error${violations.length === 1 ? '' : 's'} detected`;
  const texts = violations.map(
    ({ path, value, constraint }) =>
      `Value ${valueText(value)} at '${path}' failed to satisfy constraint: ${constraint}`
  );
  return `${count}: ${texts.join('; ')}`;
}

function valueText(value: unknown): string {
  if (value === undefined || value === null) {
    return 'null';
  }
  if (value instanceof Uint8Array) {
    return `'java.nio.HeapByteBuffer[pos=0 lim=${value.length} cap=${value.length}]'`;
  }
  if (Array.isArray(value)) {
    return `'[${value.map(item => (typeof item === 'object' ? '{…}' : String(item))).join(', ')}]'`;
  }
  return typeof value === 'object' ? "'{…}'" : `'${value as string | number | boolean}'`;
}

const join = (path: string, name: string) => (path === '' ? name : `${path}.${name}`);

function structureViolations(
  model: ServiceModel,
  shape: Shape,
  value: Readonly<Record<string, unknown>>,
  path: string
): Violation[] {
  const violations: Violation[] = [];
  for (const [name, member] of Object.entries(shape.members ?? {})) {
    const inner = value[name];
    const at = join(path, name);
    if (inner !== undefined && inner !== null) {
      violations.push(...findViolations(model, member.shape, inner, at));
    } else if (shape.required?.includes(name) === true) {
      violations.push({ path: at, value: null, constraint: 'Member must not be null' });
    }
  }
  return violations;
}

function mapViolations(
  model: ServiceModel,
  shape: Shape,
  value: Readonly<Record<string, unknown>>,
  path: string
): Violation[] {
  const entries = Object.entries(value);
  const violations = lengthViolations(shape, entries.length, value, path);
  for (const [key, inner] of entries) {
    const at = join(path, `${key}.member`);
    if (shape.key !== undefined) {
      violations.push(...findViolations(model, shape.key.shape, key, at));
    }
    if (shape.value !== undefined && inner !== null) {
      violations.push(...findViolations(model, shape.value.shape, inner, at));
    }
  }
  return violations;
}

function listViolations(
  model: ServiceModel,
  shape: Shape,
  value: unknown,
  path: string
): Violation[] {
  expectType(Array.isArray(value), value, 'List');
  const items = value as unknown[];
  const violations = lengthViolations(shape, items.length, items, path);
  items.forEach((item, index) => {
    // The services count list members from one and call each one "member".
    const at = `${path}.${index + 1}.member`;
    if (item === null || item === undefined) {
      violations.push({ path: at, value: null, constraint: 'Member must not be null' });
    } else if (shape.member !== undefined) {
      violations.push(...findViolations(model, shape.member.shape, item, at));
    }
  });
  return violations;
}

function stringViolations(shape: Shape, value: unknown, path: string): Violation[] {
  expectType(typeof value === 'string', value, 'String');
  const text = value as string;
  if (shape.enum !== undefined && !shape.enum.includes(text)) {
    const set = `[${shape.enum.join(', ')}]`;
    return [{ path, value, constraint: `Member must satisfy enum value set: ${set}` }];
  }
  const violations = lengthViolations(shape, [...text].length, text, path);
  if (shape.pattern !== undefined && !compilePattern(shape.pattern).test(text)) {
    const constraint = `Member must satisfy regular expression pattern: ${shape.pattern}`;
    violations.push({ path, value, constraint });
  }
  return violations;
}

function numberViolations(shape: Shape, value: unknown, path: string): Violation[] {
  expectType(typeof value === 'number', value, shape.type === 'integer' ? 'Integer' : 'Number');
  const number = value as number;
  if (shape.max !== undefined && number > shape.max) {
    return [tooFar('value', 'less', shape.max, value, path)];
  }
  return shape.min !== undefined && number < shape.min
    ? [tooFar('value', 'greater', shape.min, value, path)]
    : [];
}

function lengthViolations(shape: Shape, length: number, value: unknown, path: string): Violation[] {
  if (shape.max !== undefined && length > shape.max) {
    return [tooFar('length', 'less', shape.max, value, path)];
  }
  return shape.min !== undefined && length < shape.min
    ? [tooFar('length', 'greater', shape.min, value, path)]
    : [];
}

function tooFar(
  what: 'value' | 'length',
  side: 'less' | 'greater',
  limit: number,
  value: unknown,
  path: string
): Violation {
  const constraint = `Member must have ${what} ${side} than or equal to ${limit}`;
  return { path, value, constraint };
}

/** A blob is bytes in memory (the payload of a request) or base64 text inside JSON. */
function blobLength(value: unknown): number {
  if (value instanceof Uint8Array) {
    return value.length;
  }
  expectType(typeof value === 'string', value, 'ByteBuffer');
  const text = (value as string).replace(/=+$/, '');
  return Math.floor((text.length * 3) / 4);
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  expectType(
    typeof value === 'object' && value !== null && !Array.isArray(value),
    value,
    'Structure'
  );
  return value as Readonly<Record<string, unknown>>;
}

const JSON_TYPES: Readonly<Record<string, string>> = {
  string: 'STRING_VALUE',
  number: 'NUMBER_VALUE',
  boolean: 'BOOLEAN_VALUE',
  object: 'Start of structure or map'
};

function expectType(isRight: boolean, value: unknown, wanted: string): void {
  if (!isRight) {
    const found = Array.isArray(value) ? 'Start of list' : (JSON_TYPES[typeof value] ?? 'A value');
    throw new SerializationError(
      found.startsWith('Start')
        ? `${found} found where not expected.`
        : `${found} can not be converted to a ${wanted}`
    );
  }
}

import extract from './service-model.json';

export type ServiceName = 'bedrock' | 'bedrock-runtime' | 'iam' | 'sts';

export interface MemberReference {
  shape: string;
  location?: 'uri' | 'querystring' | 'header' | 'headers';
  locationName?: string;
}

/** A shape of a published service model (botocore's service-2.json), without its documentation. */
export interface Shape {
  type:
    | 'structure'
    | 'list'
    | 'map'
    | 'string'
    | 'integer'
    | 'long'
    | 'float'
    | 'double'
    | 'boolean'
    | 'blob'
    | 'timestamp';
  members?: Record<string, MemberReference>;
  required?: string[];
  member?: MemberReference;
  key?: MemberReference;
  value?: MemberReference;
  min?: number;
  max?: number;
  pattern?: string;
  enum?: string[];
  payload?: string;
  union?: boolean;
  document?: boolean;
  eventstream?: boolean;
  event?: boolean;
  flattened?: boolean;
  exception?: boolean;
  timestampFormat?: string;
  error?: { code?: string; httpStatusCode?: number };
}

export interface Operation {
  http: { method: string; requestUri: string; responseCode?: number };
  input?: string;
  output?: string;
  resultWrapper?: string;
  errors: string[];
}

export interface ServiceModel {
  metadata: { apiVersion: string; protocol: string; signingName: string; xmlNamespace?: string };
  operations: Record<string, Operation>;
  shapes: Record<string, Shape>;
}

// The type that the compiler reads out of 2,500 lines of JSON differs for every shape, so it cannot
// be compared with one interface; service-model.spec.ts checks the content instead.
const services = extract.services as unknown as Record<ServiceName, ServiceModel>;

export function serviceModel(service: ServiceName): ServiceModel {
  return services[service];
}

/** @throws Error for a name that the extract does not hold: a mistake in the sandbox itself. */
export function shapeOf(model: ServiceModel, name: string): Shape {
  const shape = model.shapes[name];
  if (shape === undefined) {
    throw new Error(`The service model has no shape ${name}.`);
  }
  return shape;
}

/** @throws Error for a name that the extract does not hold: a mistake in the sandbox itself. */
export function operationOf(model: ServiceModel, name: string): Operation {
  const operation = model.operations[name];
  if (operation === undefined) {
    throw new Error(`The service model has no operation ${name}.`);
  }
  return operation;
}

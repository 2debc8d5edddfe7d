export {
  operationOf,
  serviceModel,
  shapeOf,
  type Operation,
  type ServiceModel,
  type ServiceName,
  type Shape
} from './model';
export { compilePattern } from './pattern';
export { findViolations, SerializationError, violationMessage, type Violation } from './validate';

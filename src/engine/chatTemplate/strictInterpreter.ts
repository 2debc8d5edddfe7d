import { Interpreter } from '@huggingface/jinja';
import type { Environment } from '@huggingface/jinja';

type Value = ReturnType<Interpreter['evaluate']>;
type Statement = NonNullable<Parameters<Interpreter['evaluate']>[0]>;

interface Addition extends Statement {
  operator: { value: string };
  left: Statement;
  right: Statement;
}

/** A value in the place of the expression that it came from. */
class Evaluated {
  readonly type = 'Evaluated';

  constructor(readonly value: Value) {}
}

const TEXT = ['StringValue'];
const NUMBERS = ['IntegerValue', 'FloatValue', 'BooleanValue'];
const LISTS = ['ArrayValue', 'TupleValue'];

/**
 * Adds only what Python adds. The interpreter joins a text with anything; Python, which serves models,
 * raises a TypeError for a text and an object, so that a template that cannot be used would seem to work.
 */
export class StrictInterpreter extends Interpreter {
  override evaluate(statement: Statement | undefined, environment: Environment): Value {
    if (statement instanceof Evaluated) {
      return statement.value;
    }
    if (!isAddition(statement)) {
      return super.evaluate(statement, environment);
    }
    // Each side is evaluated once, however long a chain of additions is.
    const left = this.evaluate(statement.left, environment);
    const right = this.evaluate(statement.right, environment);
    requireAddable(left, right);
    const { type, operator } = statement;
    const addition: Addition = {
      type,
      operator,
      left: new Evaluated(left),
      right: new Evaluated(right)
    };
    return super.evaluate(addition, environment);
  }
}

function isAddition(statement: Statement | undefined): statement is Addition {
  return statement?.type === 'BinaryExpression' && (statement as Addition).operator.value === '+';
}

function requireAddable(left: Value, right: Value): void {
  const same = [TEXT, NUMBERS, LISTS].some(
    kind => kind.includes(left.type) && kind.includes(right.type)
  );
  // Both have words of their own in the interpreter.
  const missing = [left, right].some(({ type }) => ['UndefinedValue', 'NullValue'].includes(type));
  if (!same && !missing) {
    throw new TypeError(`${nameOf(left)} and ${nameOf(right)} cannot be joined with +`);
  }
}

function nameOf({ type }: Value): string {
  const names: Readonly<Record<string, string>> = {
    StringValue: 'a text',
    ObjectValue: 'an object',
    ArrayValue: 'a list',
    TupleValue: 'a list',
    BooleanValue: 'true or false'
  };
  return names[type] ?? (NUMBERS.includes(type) ? 'a number' : 'something else');
}

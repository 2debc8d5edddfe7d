/** Evaluates scripts in the scope of all cells through V8's inspector, as a browser's console does. */
import { Session } from 'node:inspector';

export type Outcome = { value: unknown } | { thrown: unknown };

interface RemoteObject {
  type: string;
  value?: unknown;
  unserializableValue?: string;
  objectId?: string;
}

interface Evaluated {
  result: RemoteObject;
  exceptionDetails?: { exception?: RemoteObject; text: string };
}

/** Objects of a cell, which V8 holds until they are let go. */
const GROUP = 'cell';

/**
 * In strict mode, as modules are; `void 0` because a string at the start would be the value of a cell
 * that has none.
 */
const PREFIX = "'use strict';void 0;";

/** How many columns further the first line of a script is than that of its cell. */
export const FIRST_LINE_SHIFT = PREFIX.length;

const RECEIVER = '$$receive';

export class Evaluator {
  private readonly session = new Session();
  private received: unknown;
  private receiver?: string;

  async open(): Promise<void> {
    this.session.connect();
    Object.defineProperty(globalThis, RECEIVER, {
      configurable: true,
      value: (value: unknown) => {
        this.received = value;
      }
    });
    const { result } = await this.post<Evaluated>('Runtime.evaluate', { expression: RECEIVER });
    this.receiver = result.objectId;
    Reflect.deleteProperty(globalThis, RECEIVER);
  }

  /** The session must end before the process does, or V8 breaks off with a message of its own. */
  close(): void {
    this.session.disconnect();
  }

  /**
   * Evaluates a script and waits for what it awaits. Another one can be evaluated meanwhile.
   *
   * @param name names the script in stack traces
   */
  async evaluate(script: string, name: string): Promise<Outcome> {
    const evaluated = await this.post<Evaluated>('Runtime.evaluate', {
      expression: `${PREFIX}${script}\n//# sourceURL=${name}`,
      replMode: true,
      objectGroup: GROUP
    });
    const { exceptionDetails: details, result } = evaluated;
    const outcome =
      details === undefined
        ? { value: (await this.boxOf(result)).value }
        : {
            thrown: (await this.boxOf(details.exception ?? { type: 'string', value: details.text }))
              .value
          };
    void this.post('Runtime.releaseObjectGroup', { objectGroup: GROUP }).catch(() => undefined);
    return outcome;
  }

  /** Evaluates without any effect. @returns undefined when that is not possible */
  async peek(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.post<Evaluated>('Runtime.evaluate', {
      expression,
      throwOnSideEffect: true,
      timeout: 200,
      objectGroup: 'peek'
    });
    return exceptionDetails === undefined ? (await this.boxOf(result)).value : undefined;
  }

  /** Names that cells have declared by `const`, `let` and `class`. */
  async declaredNames(): Promise<string[]> {
    const { names } = await this.post<{ names: string[] }>('Runtime.globalLexicalScopeNames', {});
    return [...new Set(names)];
  }

  /** In a box, because a promise would be waited for. */
  private async boxOf(remote: RemoteObject): Promise<{ value: unknown }> {
    const { type, value, unserializableValue, objectId } = remote;
    if (objectId === undefined) {
      const isPlain = unserializableValue === undefined;
      return { value: isPlain ? value : primitive(type, unserializableValue) };
    }
    await this.post('Runtime.callFunctionOn', {
      objectId: this.receiver,
      functionDeclaration: 'function (value) { this(value); }',
      arguments: [{ objectId }]
    });
    const { received } = this;
    this.received = undefined;
    return { value: received };
  }

  private post<T>(method: string, parameters: object): Promise<T> {
    return new Promise((resolve, reject) => {
      this.session.post(method, parameters, (error, result) => {
        if (error) {
          reject(error);
        } else {
          resolve(result as T);
        }
      });
    });
  }
}

function primitive(type: string, text: string): unknown {
  return type === 'bigint' ? BigInt(text.replace(/n$/, '')) : Number(text);
}

/** Says what is wrong with a value from outside, and where in it. */
export class ShapeError extends Error {}

/** A value of a JSON document and the place where it stands, such as `files[3].path`. */
export class Shape {
  constructor(
    readonly value: unknown,
    readonly place = ''
  ) {}

  fail(what: string): never {
    throw new ShapeError(`${this.place === '' ? 'the document' : this.place} ${what}`);
  }

  get isThere(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  field(name: string): Shape {
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value)) {
      return this.fail('is not an object');
    }
    const own: unknown = Object.hasOwn(this.value, name)
      ? Reflect.get(this.value, name)
      : undefined;
    return new Shape(own, this.place === '' ? name : `${this.place}.${name}`);
  }

  items(most: number): Shape[] {
    if (!Array.isArray(this.value)) {
      return this.fail('is not a list');
    }
    if (this.value.length > most) {
      return this.fail(`has ${this.value.length} entries, and ${most} are the most`);
    }
    return this.value.map((item: unknown, index) => new Shape(item, `${this.place}[${index}]`));
  }

  /** Text that matches a pattern, without control characters. */
  text(pattern?: RegExp, what = 'does not look right'): string {
    if (typeof this.value !== 'string') {
      return this.fail('is not text');
    }
    if (/[\u0000-\u001f\u007f-\u009f]/.test(this.value)) {
      return this.fail('holds control characters');
    }
    return pattern === undefined || pattern.test(this.value) ? this.value : this.fail(what);
  }

  /** Text as it is, line breaks and all. */
  rawText(): string {
    return typeof this.value === 'string' ? this.value : this.fail('is not text');
  }

  whole(least: number, most: number): number {
    const { value } = this;
    return typeof value === 'number' &&
      Number.isSafeInteger(value) &&
      value >= least &&
      value <= most
      ? value
      : this.fail(`is not a whole number from ${least} to ${most}`);
  }

  flag(): boolean {
    return typeof this.value === 'boolean' ? this.value : this.fail('is neither true nor false');
  }

  oneOf<T extends string>(values: readonly T[]): T {
    return (
      values.find(value => value === this.value) ?? this.fail(`is none of ${values.join(', ')}`)
    );
  }

  optional<T>(read: (shape: Shape) => T): T | undefined {
    return this.isThere ? read(this) : undefined;
  }
}

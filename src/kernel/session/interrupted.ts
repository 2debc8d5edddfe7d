/** What a stopped loop or question, and the signal of a stopped cell, end with. */
export class Interrupted extends Error {
  override name = 'Interrupted';
  constructor(message = 'The cell was interrupted. What it had done until then is there.') {
    super(message);
  }
}

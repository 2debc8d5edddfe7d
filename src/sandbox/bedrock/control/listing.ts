import { validation } from '../refusals';

interface Listed {
  arn: string;
  name: string;
  /** ISO 8601. */
  creationTime: string;
}

/** Filters, order and page of the two list operations, as their inputs have them. */
export interface ListInput {
  creationTimeAfter?: Date;
  creationTimeBefore?: Date;
  nameContains?: string;
  maxResults?: number;
  nextToken?: string;
  sortOrder?: 'Ascending' | 'Descending';
}

/** The documentation names no default; 1000 is the most that a caller may ask for. */
const DEFAULT_PAGE = 100;

/**
 * One page, newest first unless asked otherwise. The token names the last item of a page, so that a
 * deletion between two pages hides nothing.
 *
 * @throws RefusedError ValidationException for a token that is not one of these.
 */
export function listPage<T extends Listed>(
  all: readonly T[],
  input: ListInput
): { items: T[]; nextToken?: string } {
  const ascending = input.sortOrder === 'Ascending';
  const after = input.nextToken === undefined ? undefined : readToken(input.nextToken);
  const found = all
    .filter(item => {
      const time = new Date(item.creationTime);
      return (
        (input.creationTimeAfter === undefined || time > input.creationTimeAfter) &&
        (input.creationTimeBefore === undefined || time < input.creationTimeBefore) &&
        (input.nameContains === undefined || item.name.includes(input.nameContains))
      );
    })
    .sort((a, b) => compare(sortKey(a), sortKey(b), ascending))
    .filter(item => after === undefined || compare(sortKey(item), after, ascending) > 0);
  const items = found.slice(0, input.maxResults ?? DEFAULT_PAGE);
  const last = items.at(-1);
  return {
    items,
    ...(last !== undefined && items.length < found.length ? { nextToken: token(last) } : {})
  };
}

const sortKey = (item: Listed) => `${item.creationTime} ${item.arn}`;

function compare(a: string, b: string, ascending: boolean): number {
  const order = a < b ? -1 : a > b ? 1 : 0;
  return ascending ? order : -order;
}

const token = (item: Listed) => Buffer.from(sortKey(item)).toString('base64url');

function readToken(text: string): string {
  const key = Buffer.from(text, 'base64url').toString();
  if (!/^\d{4}-\d\d-\d\dT\S+ arn:/.test(key)) {
    throw validation('The provided nextToken is invalid.');
  }
  return key;
}

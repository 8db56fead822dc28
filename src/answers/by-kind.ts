/** One function for every kind there is of something: a table that forgets a kind is a type error. */
export type ByKind<Shape extends { kind: string }, Result, Rest extends unknown[] = []> = {
  readonly [Kind in Shape['kind']]: (
    shape: Extract<Shape, { kind: Kind }>,
    ...rest: Rest
  ) => Result;
};

/** What the function for the kind of `shape` makes of it. */
export function byKind<Shape extends { kind: string }, Result, Rest extends unknown[]>(
  table: ByKind<Shape, Result, Rest>,
  shape: Shape,
  ...rest: Rest
): Result {
  // TypeScript does not see that the key and the argument are of the same kind.
  const make = table[shape.kind as Shape['kind']] as (shape: Shape, ...rest: Rest) => Result;
  return make(shape, ...rest);
}

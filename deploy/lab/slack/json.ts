/** A JSON object whose values nobody has looked at yet. */
export type JsonObject = { [key: string]: unknown };

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The objects in `value` when it is a list, else none. */
export const objectsIn = (value: unknown): JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

/** `value` when it is a string, else `otherwise`. */
export const stringOr = <T>(value: unknown, otherwise: T): string | T =>
  typeof value === 'string' ? value : otherwise;

/** Slack's form-encoded clients send `true` as the word, its JSON clients as the value. */
export const isTrue = (value: unknown): boolean =>
  value === true || value === 'true' || value === '1' || value === 1;

/** Every object inside `value`, `value` itself first, in document order. */
export function* objectsWithin(value: unknown): Generator<JsonObject> {
  if (Array.isArray(value)) for (const item of value) yield* objectsWithin(item);
  else if (isObject(value)) {
    yield value;
    for (const item of Object.values(value)) yield* objectsWithin(item);
  }
}

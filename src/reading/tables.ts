/** What YAML and TOML files are made of. */
export type Table = Record<string, unknown>;

export function isMapping(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A table within tables; an empty one where there is none. */
export function tableAt(content: unknown, ...keys: readonly string[]): Table {
  const value = keys.reduce<unknown>(
    (table, key) => (isMapping(table) && Object.hasOwn(table, key) ? table[key] : undefined),
    content,
  );
  return isMapping(value) ? value : {};
}

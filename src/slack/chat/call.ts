/** How the Web API is called; what it answers is checked by nobody. */

/** Calls a Web API method; rejects with a ChatError. */
export type Call = (
  method: string,
  args: Record<string, unknown>,
) => Promise<Record<string, unknown>>;

/** Sends the bytes of a file to the address that Slack gave for them; rejects with a ChatError. */
export type Upload = (url: string, content: Uint8Array) => Promise<void>;

/** The fields of what should be an object; none of an answer is checked. */
export function fieldsOf(value: unknown): Record<string, unknown> {
  return Object(value);
}

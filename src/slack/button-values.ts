/** What buttons carry, read strictly: a press is what somebody else could have sent too. */
import { LONGEST_VALUE } from '../answers/buttons.ts';
import { isName } from '../domain/names.ts';

/**
 * `{"c":"<command>"}` and nothing else; null for anything else. The command is said by whoever
 * pressed, so it can do no more than what they may type themselves.
 */
export function readCommand(value: string | null): string | null {
  return readOnly(value, 'c', LONGEST_VALUE);
}

/** `{"b":"<build id>"}` and nothing else; null for anything else. */
export function readValue(value: string | null): string | null {
  const id = readOnly(value, 'b', 200);
  return id !== null && isName(id) ? id : null;
}

/** The text under the one key there may be. */
function readOnly(value: string | null, wanted: string, longest: number): string | null {
  if (value === null || value.length > longest) return null;
  try {
    const parsed: unknown = JSON.parse(value);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null;
    const entries = Object.entries(parsed);
    const [key, text] = entries[0] ?? [];
    return entries.length === 1 && key === wanted && typeof text === 'string' ? text : null;
  } catch {
    return null;
  }
}

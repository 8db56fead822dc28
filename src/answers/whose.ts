/** What to do about a failure, said to whoever can do it. */
import type { ErrorKind, Failure } from '../domain/errors.ts';
import { OPERATORS_CODES } from '../domain/fault.ts';
import type { Settings } from '../domain/services.ts';
import { type Inline, marked, user, words } from './document.ts';

/** Where a failure says nothing of what to do. */
const WHOSE: Readonly<Record<ErrorKind, string>> = {
  user: 'Change the request and send it again.',
  outside: 'Nothing is wrong with the request. Press Retry when the cause is gone.',
  defect: 'This is a mistake in Conda Ferry, not in the request.',
};

/** So many are named. */
const MOST_OPERATORS = 3;

/** `room`: characters that the suggestion may take. */
export function whatToDo(
  { code, kind, suggestion, retryable }: Failure,
  { operators }: Pick<Settings, 'operators'>,
  room: number,
): Inline[] {
  if (!suggestion) {
    return words(WHOSE[kind] + (retryable ? ' The same request may work in a while.' : ''));
  }
  const next = marked(suggestion, room);
  if (kind !== 'outside' || !OPERATORS_CODES.has(code)) return next;
  const named = operators
    .slice(0, MOST_OPERATORS)
    .flatMap((id, index) => words(index > 0 ? ' or ' : ' ', user(id)));
  const tell = retryable
    ? 'Press Retry in a while. If it stays so, tell the operator'
    : 'Tell the operator';
  return words(tell, named, ': ', next);
}

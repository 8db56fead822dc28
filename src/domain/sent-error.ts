import {
  type ErrorFields,
  type ErrorKind,
  FerryError,
  type Repair,
  type Replacement,
  toFailure,
} from './errors.ts';
import type { Person, Phrase } from './phrase.ts';
import { boolean, listOf, number, object, oneOf, or, type Shape, string } from './shape.ts';

/** An error on its way to another process, whole: the one who reads it there loses nothing. */
export interface SentError extends Omit<ErrorFields, 'others' | 'parts'> {
  kind: ErrorKind;
  others: SentError[];
  parts: SentError[];
}

const PERSON = object<Person>({ person: string });
const PIECES = listOf((value, at) => (typeof value === 'string' ? value : PERSON(value, at)));
const PHRASE: Shape<Phrase> = (value, at) =>
  typeof value === 'string' ? value : PIECES(value, at);

const ERRORS: Shape<SentError[]> = listOf((value, at) => SENT_ERROR(value, at));

/** As it arrives. */
export const SENT_ERROR: Shape<SentError> = object<SentError>({
  ...{ kind: oneOf<ErrorKind>(['user', 'outside', 'defect']), code: string, message: PHRASE },
  suggestion: or(PHRASE, null),
  details: or(string, null),
  retryable: or(boolean, false),
  repairs: or(listOf(object<Repair>({ label: string, command: string })), []),
  position: or(object<{ start: number; end: number }>({ start: number, end: number }), null),
  replacement: or(object<Replacement>({ text: string, start: number, end: number }), null),
  about: or(string, null),
  others: or(ERRORS, []),
  parts: or(ERRORS, []),
});

/** Plain values of anything thrown, with `clean` applied to every text people may read. */
export function sendError(error: unknown, clean: (text: string) => string): SentError {
  const { kind, said, ...rest } = error instanceof FerryError ? error : defect(error);
  const { code, details, retryable, repairs, position, replacement, about } = rest;
  return {
    ...{ kind, code, retryable, repairs, position, replacement, about },
    message: cleanPhrase(said.message, clean),
    suggestion: said.suggestion && cleanPhrase(said.suggestion, clean),
    details: details && clean(details),
    others: rest.others.map((other) => sendError(other, clean)),
    parts: rest.parts.map((part) => sendError(part, clean)),
  };
}

/** The error as it was thrown in the other process. */
export function receiveError({ kind, others, parts, ...fields }: SentError): FerryError {
  return new FerryError(kind, {
    ...fields,
    others: others.map(receiveError),
    parts: parts.map(receiveError),
  });
}

function defect(error: unknown): FerryError {
  const { kind, ...failure } = toFailure(error);
  const suggestion = 'Tell the operator: the log of the worker has the whole story.';
  return new FerryError(kind, { ...failure, suggestion });
}

function cleanPhrase(phrase: Phrase, clean: (text: string) => string): Phrase {
  if (typeof phrase === 'string') return clean(phrase);
  return phrase.map((piece) => (typeof piece === 'string' ? clean(piece) : piece));
}

import { type ErrorFields, type ErrorKind, FerryError, toFailure } from './errors.ts';
import type { Phrase } from './phrase.ts';

/** An error on its way to another process, whole: the one who reads it there loses nothing. */
export interface SentError extends Omit<ErrorFields, 'others'> {
  kind: ErrorKind;
  others: SentError[];
}

/** Plain values of anything thrown, with `clean` applied to every text people may read. */
export function sendError(error: unknown, clean: (text: string) => string): SentError {
  const { kind, said, ...rest } = error instanceof FerryError ? error : defect(error);
  const { code, details, retryable, repairs, position, replacement, others } = rest;
  return {
    ...{ kind, code, retryable, repairs, position, replacement },
    message: cleanPhrase(said.message, clean),
    suggestion: said.suggestion && cleanPhrase(said.suggestion, clean),
    details: details && clean(details),
    others: others.map((other) => sendError(other, clean)),
  };
}

/** The error as it was thrown in the other process. */
export function receiveError({ kind, others, ...fields }: SentError): FerryError {
  return new FerryError(kind, { ...fields, others: others.map(receiveError) });
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

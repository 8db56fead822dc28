/** Offsets in the text of one spec. */
export interface Position {
  start: number;
  end: number;
}

/** What is wrong with a spec, where in its own text, and what to type instead. */
export class Mistake extends Error {
  readonly start: number;
  readonly end: number;
  readonly hint: string | null;

  constructor(reason: string, position: Position, hint: string | null) {
    super(reason);
    this.start = position.start;
    this.end = position.end;
    this.hint = hint;
  }
}

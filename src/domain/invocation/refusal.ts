import { type ErrorFields, FerryError } from '../errors.ts';

/** A request for which no working line exists, or which is not a request: the reason and the way out. */
export class InvocationRefusal extends FerryError {
  constructor(fields: Pick<ErrorFields, 'code' | 'message'> & { suggestion: string }) {
    super('user', fields);
    this.name = 'InvocationRefusal';
  }

  /** The document `conda-ferry invoke --json` prints. */
  toJSON(): { error: { code: string; message: string; suggestion: string } } {
    return {
      error: { code: this.code, message: this.message, suggestion: this.suggestion ?? '' },
    };
  }
}

export function refuse(code: string, message: string, suggestion: string): never {
  throw new InvocationRefusal({ code, message, suggestion });
}

import { printable } from '../domain/names.ts';
import { meantOf } from '../domain/near-names.ts';
import { normalName } from '../domain/pip.ts';
import type { Rows } from './rows.ts';

/** Extras, dependency groups and features: which there are, and which are wanted. */
export class Groups {
  readonly #rows: Rows;
  readonly #known = new Set<string>();

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** Whether a group is read; one that is not is told. */
  isWanted(name: string, what: string, line: number): boolean {
    this.#known.add(name);
    const isWanted = this.#rows.settings.groups.some(
      (group) => normalName(group) === normalName(name),
    );
    if (!isWanted) this.#rows.note(line, `The ${what} ${printable(name)} is left out.`);
    return isWanted;
  }

  /** Refuses what is wanted and is not there. */
  finish(): void {
    const known = [...this.#known];
    for (const group of this.#rows.settings.groups) {
      if (known.some((name) => normalName(name) === normalName(group))) continue;
      this.#rows.refuse(
        1,
        `The file has no group \`${printable(group)}\`.`,
        known.length === 0 ? 'It has no groups.' : meantOf(group, known).suggestion,
      );
    }
  }
}

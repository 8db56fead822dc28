/** An aside on the page: what happens behind the conversation, read again while somebody looks. */

/** One line of a place: what it is, and how it is. */
export interface AsideRow {
  label: string;
  value?: string;
  /** A second line, smaller. */
  detail?: string;
  tone?: 'busy' | 'good' | 'bad';
  /** From 0 to 1, where it is known how much is done. */
  part?: number;
}

/** A place on the way; together they are the strip above the aside. */
export interface AsidePlace {
  title: string;
  /** Whether what is being done is done here, was done here, or has not come here. */
  state: 'ahead' | 'now' | 'done' | 'failed';
  rows: AsideRow[];
  /** What is said when there is no row. */
  none: string;
}

export interface AsideView {
  /** What all of it is about just now. */
  subject: string;
  places: AsidePlace[];
}

export interface Aside {
  title: string;
  /** Asked for again `everyMs` after its answer, and only while a page shows the aside. */
  read: () => Promise<AsideView>;
  everyMs: number;
}

type Listener = (view: AsideView | { error: string }) => void;

/** Reads one aside for everybody who looks at it; nobody looks, nothing is read. */
export class AsideReader {
  readonly aside: Aside;
  readonly #listeners = new Set<Listener>();
  #last: Parameters<Listener>[0] | null = null;
  #reading = false;

  constructor(aside: Aside) {
    this.aside = aside;
  }

  /** Tells `listener` what is there, at once where it is known, then whenever it changes; until the answered function is called. */
  follow(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (this.#last) listener(this.#last);
    if (!this.#reading) void this.#read();
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async #read(): Promise<void> {
    this.#reading = true;
    while (this.#listeners.size > 0) {
      const view = await this.aside.read().catch((error: Error) => ({ error: error.message }));
      if (JSON.stringify(view) !== JSON.stringify(this.#last)) {
        this.#last = view;
        for (const listener of this.#listeners) listener(view);
      }
      await new Promise((resolve) => setTimeout(resolve, this.aside.everyMs));
    }
    this.#reading = false;
    this.#last = null;
  }
}

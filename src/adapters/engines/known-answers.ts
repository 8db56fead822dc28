/** Answers by what was asked; the one that was not asked for the longest goes first. */
export class KnownAnswers<T> {
  readonly #most: number;
  readonly #entries = new Map<string, { answer: T; weight: number }>();
  #weight = 0;

  /** `most` is what all of them may weigh together. */
  constructor(most: number) {
    this.#most = most;
  }

  get(key: string): T | null {
    const entry = this.#entries.get(key);
    if (!entry) return null;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.answer;
  }

  put(key: string, answer: T, weight: number): void {
    this.#drop(key);
    this.#entries.set(key, { answer, weight });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#weight <= this.#most) return;
      this.#drop(oldest);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#weight = 0;
  }

  #drop(key: string): void {
    this.#weight -= this.#entries.get(key)?.weight ?? 0;
    this.#entries.delete(key);
  }
}

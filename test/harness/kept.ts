import { setTimeout as wait } from 'node:timers/promises';
import type { Product } from './product.ts';

/** How long one may take that is told to stop, on a busy machine. */
export const STOP_SECONDS = 20;

/** A process under test that is started again whenever it ends, as a service is. */
export class Kept {
  readonly #start: () => Product;
  #product: Product;
  #isWanted = true;
  #printed = '';
  /** What it said last before it ended without being told to. */
  readonly surprises: string[] = [];

  constructor(start: () => Product) {
    this.#start = start;
    this.#product = start();
    void this.#watch(this.#product);
  }

  get pid(): number {
    return this.#product.pid;
  }

  printed(): string {
    return this.#printed + this.#product.output();
  }

  signal(name: NodeJS.Signals): void {
    this.#product.kill(name);
  }

  /** Ends it so; answers its exit code, and how many seconds it took. */
  async end(name: NodeJS.Signals): Promise<{ code: number | null; seconds: number }> {
    this.#isWanted = false;
    const began = Date.now();
    this.#product.kill(name);
    const impatience = setTimeout(() => this.#product.kill('SIGKILL'), STOP_SECONDS * 1000);
    const code = await this.#product.ended;
    clearTimeout(impatience);
    return { code, seconds: (Date.now() - began) / 1000 };
  }

  again(): void {
    this.#printed = this.printed();
    this.#isWanted = true;
    this.#product = this.#start();
    void this.#watch(this.#product);
  }

  async #watch(product: Product): Promise<void> {
    const code = await product.ended;
    if (!this.#isWanted || product !== this.#product) return;
    const { signal } = product.exit() ?? {};
    const last = product.output().trimEnd().split('\n').slice(-3).join('\n');
    this.surprises.push(`ended by itself (code ${code}, signal ${signal}): ${last}`);
    await wait(300);
    // It may have been stopped and started meanwhile.
    if (this.#isWanted && product === this.#product) this.again();
  }
}

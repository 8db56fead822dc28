/**
 * Runs a generator ahead of whoever consumes it, until what is on its way weighs more than
 * `budget`: the pool always has work, and memory stays bounded. At least one item is let through,
 * however heavy. An error of the generator surfaces where its item would have been; leaving the
 * loop early ends the generator.
 */
export async function* lookAhead<Item>(
  source: AsyncGenerator<Item, void, void>,
  weigh: (item: Item) => number,
  budget: number,
): AsyncGenerator<Item, void, void> {
  const ready: { item: Item; weight: number }[] = [];
  let weight = 0;
  let finished = false;
  let failure: { error: unknown } | null = null;
  let wake = () => {};
  const produce = async (): Promise<void> => {
    try {
      for await (const item of source) {
        ready.push({ item, weight: weigh(item) });
        weight += weigh(item);
        wake();
        while (weight > budget && !finished) await new Promise<void>((resolve) => (wake = resolve));
        if (finished) return;
      }
    } catch (error) {
      failure = { error };
    } finally {
      finished = true;
      wake();
    }
  };
  const producing = produce();
  try {
    for (;;) {
      const next = ready.shift();
      if (next) {
        yield next.item;
        weight -= next.weight;
        wake();
      } else if (finished) {
        break;
      } else {
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
    if (failure) throw (failure as { error: unknown }).error;
  } finally {
    finished = true;
    wake();
    await producing;
  }
}

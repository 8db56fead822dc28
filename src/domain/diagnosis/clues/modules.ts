import type { Place } from './clue.ts';

/** A module of the interpreter, of Spark or of numpy's inside: other causes have clues for them. */
export const NOT_A_PACKAGE =
  /^(?:encodings|site|pyspark|py4j|numpy\.(?:_?core|random)\b.*|numpy\._.*)$/;

export function module(place: Place): string {
  return place.match[1] ?? '';
}

function sameDistribution(egg: string, name: string): boolean {
  const normal = (text: string) => text.toLowerCase().replace(/[-_.]+/g, '_');
  return normal(egg) === normal(name.split('.')[0] ?? '');
}

/** The egg a worker or driver imports from is the package that fails. */
export function eggFails(place: Place): boolean {
  const egg = place.traceback?.egg;
  return egg !== undefined && egg !== null && sameDistribution(egg, module(place));
}

/** The program did without the module and failed for another reason. */
export function isSurvived({ followedBy }: Place): boolean {
  return (
    followedBy(/During handling of the above exception/, 3) &&
    !followedBy(/(?:ModuleNotFound|Import)Error: /, 25)
  );
}

export const MISSING_MODULE = /^(?:ModuleNotFoundError|ImportError): No module named '?([\w.]+)'?/;

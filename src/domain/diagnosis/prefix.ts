/**
 * What stands in front of every line of a log, whoever put it there: found where it is certain what
 * the line itself says, in front of the calls of a traceback or a stack.
 */
const CERTAIN =
  /Traceback \(most recent call last\)|File "[^"\n]{1,400}", line \d|(?<=\s)at (?:org|java|scala|py4j|sun|jdk)[.\w]{3}|Caused by: [a-z]+\./g;
/** Spark puts the name of its own exception before the worker's traceback. */
const WRAPPING = /(?:Caused by: )?(?:[\w.$]+(?:Exception|Error): ?'?)+$/;
const MOST_LOOKS = 60;
const LONGEST = 200;
const FEWEST = 2;
/** Part of a sentence, not of a prefix. */
const SAYS = /Exception|Error|["'`]|\b(?:in|at|from)$/;

/**
 * The pattern of that prefix; null when there is none. `strip` takes away what is known to be put
 * in front of lines. Numbers may count on from line to line: times, process ids, line numbers.
 */
export function prefixOf(text: string, strip: (line: string) => string): RegExp | null {
  const counts = new Map<string, number>();
  let looks = 0;
  for (const { index } of text.matchAll(CERTAIN)) {
    looks += 1;
    if (looks > MOST_LOOKS) break;
    const from = text.lastIndexOf('\n', index) + 1;
    const end = text.indexOf('\n', index);
    const whole = strip(text.slice(Math.max(from, index - LONGEST), end < 0 ? index + 400 : end));
    const at = whole.search(new RegExp(CERTAIN.source));
    note(counts, at < 0 ? '' : whole.slice(0, at).replace(WRAPPING, '').trim());
  }
  if (looks === 0) for (const prefix of sharedBy(text, strip)) note(counts, prefix, FEWEST);
  const [best] = [...counts].sort((a, b) => b[1] - a[1]);
  if (best === undefined || best[0] === '' || best[1] < FEWEST) return null;
  return new RegExp(`^\\s*${best[0]}\\s?`);
}

function note(counts: Map<string, number>, prefix: string, times = 1): void {
  const shape = SAYS.test(prefix) || prefix.length > LONGEST ? '' : shapeOf(prefix);
  counts.set(shape, (counts.get(shape) ?? 0) + times);
}

function shapeOf(prefix: string): string {
  return prefix
    .replace(/[^A-Za-z0-9\s]/g, '\\$&')
    .replace(/\d+/g, '\\d+')
    .replace(/\s+/g, '\\s+');
}

/** Of a text without calls: what its first lines have in common, up to a blank or a bracket. */
function sharedBy(text: string, strip: (line: string) => string): string[] {
  const lines = text
    .slice(0, 8_000)
    .split('\n')
    .map(strip)
    .filter((line) => line !== '');
  const [first = '', ...others] = lines;
  if (others.length < 2) return [];
  let length = first.length;
  for (const line of others) {
    let same = 0;
    while (same < length && line[same] === first[same]) same += 1;
    length = same;
  }
  const shared = /^.*[\])>|:\s]/.exec(first.slice(0, length))?.[0].trim() ?? '';
  const isName = /[\d[\]()#/_-]/.test(shared);
  return isName && !/\b(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR)\b/.test(shared) ? [shared] : [];
}

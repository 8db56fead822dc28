import type { Fault } from './fault.ts';
import { RULES } from './lint/rules.ts';
import type { PackWarning } from './warning.ts';

export interface FoundFault {
  fault: Fault;
  path: string;
}

/** What to do instead of packing with us, which is what linting advises. */
const FIXES: Partial<Record<Fault, string>> = {
  'dead-shebang':
    'Start tools with `python -m`, or install them anew: they were installed for another place than this environment.',
};

/** One warning for each kind of fault, in linting's words: both speak of the same thing. */
export function faultWarnings(found: readonly FoundFault[]): PackWarning[] {
  const paths = new Map<Fault, string[]>();
  for (const { fault, path } of found) paths.set(fault, [...(paths.get(fault) ?? []), path]);
  return [...paths].map(([fault, [first = '', ...others]]) => {
    const { id, text, fix } = RULES[fault];
    const which = others.length > 0 ? `${others.length + 1} files; first ` : '';
    return { id, text: `${text} ${FIXES[fault] ?? fix} (${which}\`${first}\`)`, path: first };
  });
}

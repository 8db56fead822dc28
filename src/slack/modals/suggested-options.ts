/** What the form's menus offer for a text that is typed into them. */
import type { PlainTextOption } from '@slack/types';
import { clip } from '../../answers/outside.ts';
import type { Settings } from '../../domain/services.ts';
import type { Suggestion } from '../../domain/suggestions.ts';
import { LONGEST_OPTION, MOST_OPTIONS, optionsOf } from './create-form.ts';
import { plain } from './view.ts';

/** Suggestions as options; a spec that is longer than an option can be pasted as text. */
export function packageOptions(suggestions: readonly Suggestion[]): PlainTextOption[] {
  return suggestions
    .filter(({ spec }) => spec.length <= LONGEST_OPTION)
    .slice(0, MOST_OPTIONS)
    .map(({ spec, note }) => ({
      text: plain(spec),
      value: spec,
      ...(note ? { description: plain(clip(note, LONGEST_OPTION)) } : {}),
    }));
}

/** Configured names in which the text stands, those that begin with it first. */
export function nameOptions(typed: string, configured: Settings['channels']): PlainTextOption[] {
  const wanted = typed.trim().toLowerCase();
  const at = ({ name }: { name: string }) => name.toLowerCase().indexOf(wanted);
  const found = configured.filter((entry) => at(entry) >= 0);
  return optionsOf(found.toSorted((left, right) => at(left) - at(right))).slice(0, MOST_OPTIONS);
}

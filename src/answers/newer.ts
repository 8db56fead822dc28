import { defaultRevision, type Environment } from '../domain/environment.ts';
import { planCommand } from '../domain/request.ts';
import { sayButtons } from './buttons.ts';
import { bold, buttons, type Document, marked, prose, small } from './document.ts';
import { line } from './outside.ts';

/** What a schedule found and did not build, for the owner: the button shows all of it. */
export function describeNewer(environment: Environment, text: string): Document {
  const { name, schedule } = environment;
  const revision = defaultRevision(environment);
  const show = revision ? [{ label: 'Show changes', command: planCommand(revision.request) }] : [];
  const off = { label: 'End the schedule', command: `schedule ${name} off` };
  return {
    summary: `${name}: ${line(text, 300)}`,
    parts: [
      prose(bold(name), ': ', marked(text, 900)),
      small(`Scheduled ${schedule?.every ?? 'once'}, told once for the same. Nothing was built.`),
      ...buttons(sayButtons([...show, off], null)),
    ],
  };
}

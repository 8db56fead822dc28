import { FerryError } from '../src/domain/errors.ts';
import { type RefusalView, type Reply, refusal } from '../src/domain/reply.ts';
import type { Command, CommandContext } from './command.ts';
import { type Parsed, parseCommand } from './grammar/parse.ts';

/**
 * Parses and runs. A person's mistake comes back as a refusal; anything else that is thrown goes
 * on to the caller, who decides how much of it a person may see.
 */
export async function execute(
  text: string,
  commands: readonly Command[],
  context: CommandContext,
): Promise<Reply> {
  const parsed = parseCommand(text, commands, context.services.settings, context.file);
  const refused = await reviewed(parsed, commands, context);
  if (refused) return refused;
  if (parsed.kind === 'error') return refusal(parsed.error, parsed.typed);
  if (parsed.kind === 'empty') return { kind: 'welcome' };
  try {
    return await parsed.command.run(parsed.arguments, context);
  } catch (error) {
    if (error instanceof FerryError && error.kind !== 'defect') return refusal(error, null);
    throw error;
  }
}

/** What would be refused before anything is done, or null; nothing is done in either case. */
export async function review(
  text: string,
  commands: readonly Command[],
  context: CommandContext,
): Promise<RefusalView | null> {
  const parsed = parseCommand(text, commands, context.services.settings, context.file);
  const refused = await reviewed(parsed, commands, context);
  if (refused?.kind === 'refusal') return refused.error;
  return parsed.kind === 'error' ? refusal(parsed.error, parsed.typed).error : null;
}

/** What commands have to say of a text as a whole; null when they have nothing to add. */
async function reviewed(
  parsed: Parsed,
  commands: readonly Command[],
  context: CommandContext,
): Promise<Reply | null> {
  try {
    return await lookAt(parsed, commands, context);
  } catch (error) {
    if (error instanceof FerryError && error.kind !== 'defect') return refusal(error, null);
    throw error;
  }
}

async function lookAt(
  parsed: Parsed,
  commands: readonly Command[],
  context: CommandContext,
): Promise<Reply | null> {
  if (parsed.kind === 'empty') return null;
  if (parsed.kind === 'error' && parsed.error.code === 'unknown-command') {
    const words = parsed.typed.split(/\s+/);
    for (const { recognize } of commands) {
      const error = await recognize?.(words, context);
      if (error) return refusal(error, null);
    }
    return null;
  }
  if (!parsed.command?.review || parsed.draft === null) return null;
  const error = await parsed.command.review(parsed.draft, context);
  return error && refusal(error, error.position ? parsed.draft.typed : null);
}

import { saidAs } from '../src/domain/audit.ts';
import { FerryError } from '../src/domain/errors.ts';
import { type Reply, refusal } from '../src/domain/reply.ts';
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
  return perform(parsed, text, commands, context);
}

/** The same for a text that is parsed, with the file of the context, already. */
export async function perform(
  parsed: Parsed,
  text: string,
  commands: readonly Command[],
  context: CommandContext,
): Promise<Reply> {
  const found = await reviewed(parsed, commands, context);
  if (found) return refusal(found.error, found.typed);
  if (parsed.kind === 'error') return refusal(parsed.error, parsed.typed);
  if (parsed.kind === 'empty') return { kind: 'welcome' };
  try {
    const file = context.file ? (context.file.name ?? 'pasted packages') : null;
    return await parsed.command.run(parsed.arguments, { ...context, said: saidAs(text, file) });
  } catch (error) {
    if (error instanceof FerryError && error.kind !== 'defect') return refusal(error, null);
    throw error;
  }
}

/** What is wrong with a text before anything is done, or null; nothing is done in either case. */
export async function review(
  text: string,
  commands: readonly Command[],
  context: CommandContext,
): Promise<FerryError | null> {
  const parsed = parseCommand(text, commands, context.services.settings, context.file);
  const found = await reviewed(parsed, commands, context);
  return found?.error ?? (parsed.kind === 'error' ? parsed.error : null);
}

/** What commands have to say of a text as a whole, with the text where it shows the place. */
async function reviewed(
  parsed: Parsed,
  commands: readonly Command[],
  context: CommandContext,
): Promise<{ error: FerryError; typed: string | null } | null> {
  try {
    return await lookAt(parsed, commands, context);
  } catch (error) {
    if (error instanceof FerryError && error.kind !== 'defect') return { error, typed: null };
    throw error;
  }
}

async function lookAt(
  parsed: Parsed,
  commands: readonly Command[],
  context: CommandContext,
): Promise<{ error: FerryError; typed: string | null } | null> {
  if (parsed.kind === 'empty') return null;
  if (parsed.kind === 'error' && parsed.error.code === 'unknown-command') {
    const words = parsed.typed.split(/\s+/);
    for (const { recognize } of commands) {
      const error = await recognize?.(words, context);
      if (error) return { error, typed: null };
    }
    return null;
  }
  if (!parsed.command?.review || parsed.draft === null) return null;
  const error = await parsed.command.review(parsed.draft, context);
  return error && { error, typed: error.position ? parsed.draft.typed : null };
}

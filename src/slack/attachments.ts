/** Files people attach to a message that speaks to us: projects to install, logs to explain. */
import type { Chat } from './chat.ts';

export interface AttachedFile {
  id: string;
  name: string;
  size: number;
}

/** Wheels and source distributions, by the names their standards give them. */
const PROJECT = /\.(whl|tar\.gz|zip)$/i;
const LOG = /\.(log|txt|out|err|stderr|stdout|text)$|^[^.]*$/i;
const LONGEST_LOG = 10_000_000;

/** What Slack tells of the files of a message; anything malformed is left out. */
export function attachedFiles(value: unknown): AttachedFile[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((file: Record<string, unknown> | null) =>
    typeof file?.id === 'string' && /^F[A-Z0-9]{6,30}$/.test(file.id)
      ? [{ id: file.id, name: String(file.name ?? file.id), size: Number(file.size ?? 0) }]
      : [],
  );
}

/**
 * The text together with its files: wheels and source distributions become `--project` of a
 * `create`, logs the text of a `diagnose`. Rejects when Slack does not hand a log out.
 */
export async function withAttachments(
  text: string,
  files: readonly AttachedFile[],
  chat: Chat,
): Promise<string> {
  const [command = ''] = text.trim().split(/\s+/);
  const logs = files.filter(({ name }) => LOG.test(name));
  if (/^(diagnose|explain|)$/i.test(command) && logs.length > 0) {
    const contents = await Promise.all(
      logs.slice(0, 3).map(({ id }) => chat.readFile(id, LONGEST_LOG)),
    );
    return [text.trim() || 'diagnose', ...contents].join('\n');
  }
  const projects = files.filter(({ name }) => PROJECT.test(name));
  return [text, ...projects.map(({ id }) => `--project ${id}`)].join(' ').trim();
}

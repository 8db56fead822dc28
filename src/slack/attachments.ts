/**
 * What people point at instead of typing it: files attached to a message that speaks to us
 * (projects to install, logs to explain), and the thread they ask in.
 */
import type { PackagesFile } from '../../commands/command.ts';
import { edgesSaid, forComparison, forRequest, readAhead } from '../../commands/packages-file.ts';
import type { MessageReference } from '../domain/build.ts';
import { type FerryError, outsideError } from '../domain/errors.ts';
import type { Settings } from '../domain/services.ts';
import { type ChatError, isNoEntry } from './chat/error.ts';
import type { SaidMessage } from './chat/reading.ts';
import type { Chat } from './chat.ts';
import { decodeSlackText } from './decode.ts';

export interface AttachedFile {
  id: string;
  name: string;
  size: number;
}

/** Wheels and source distributions, by the names their standards give them. */
const PROJECT = /\.(whl|tar\.gz|zip)$/i;
const LOG = /\.(log|txt|out|err|stderr|stdout|text)(\.\d+)?$|^[^.]*$/i;
/** Files of packages, by what they are usually called; behind `create` any text may be one. */
const PACKAGES =
  /\.(?:ya?ml|toml|lock)$|(?:requirements|environment|explicit|packages|spec)[\w.-]*\.txt$/i;
const TEXT = /\.txt$/i;
/** More bytes than are read of such a file, so that a longer one is refused for its length. */
const LONGEST_PACKAGES = 2_500_000;
const LONGEST_LOG = 10_000_000;
const MOST_LOGS = 3;

/** What Slack tells of the files of a message; anything malformed is left out. */
export function attachedFiles(message: object): AttachedFile[] {
  const files = 'files' in message ? message.files : null;
  if (!Array.isArray(files)) return [];
  return files.flatMap((file: Record<string, unknown> | null) =>
    typeof file?.id === 'string' && /^F[A-Z0-9]{6,30}$/.test(file.id)
      ? [{ id: file.id, name: String(file.name ?? file.id), size: Number(file.size ?? 0) }]
      : [],
  );
}

/**
 * The file of packages that a message carries, where its command can use one; a message of the file
 * alone can. It is read for that command. Rejects when Slack does not hand it out.
 */
export async function attachedPackages(
  text: string,
  files: readonly AttachedFile[],
  chat: Chat,
  settings: Settings,
): Promise<PackagesFile | null> {
  const [command = ''] = text.trim().split(/\s+/);
  const isAsked = /^(?:create|build|plan|diff)$/i.test(command);
  if (!isAsked && command !== '') return null;
  const file =
    files.find(({ name }) => PACKAGES.test(name)) ??
    (isAsked ? files.find(({ name }) => TEXT.test(name)) : undefined);
  if (file === undefined) return null;
  const isCompared = /^diff$/i.test(command);
  return readAhead(
    await readPackages(file, chat),
    isCompared ? forComparison(settings) : forRequest(settings, edgesSaid(text)),
  );
}

/** A file of packages. Rejects when Slack does not hand it out. */
export async function readPackages(file: AttachedFile, chat: Chat): Promise<PackagesFile> {
  return {
    name: file.name,
    bytes: await chat.readFile(file.id, { limit: LONGEST_PACKAGES, keep: 'start' }),
  };
}

/** What stands between the first pair of fences of a message, as a file without a name. */
export function fencedPackages(text: string): PackagesFile | null {
  const block = /```(?:[a-z]+\n)?([\s\S]*?)```/.exec(text)?.[1]?.trimStart();
  return block === undefined ? null : { name: null, bytes: new TextEncoder().encode(block) };
}

/** A text, and the logs it is about. */
export interface Said {
  said: string;
  logs: Uint8Array[];
}

/**
 * The text together with its files: wheels and source distributions become `--project` of a
 * `create`, logs are what a `diagnose` is about. Rejects when Slack does not hand a log out.
 */
export async function withAttachments(
  text: string,
  files: readonly AttachedFile[],
  chat: Chat,
): Promise<Said> {
  const [command = ''] = text.trim().split(/\s+/);
  const logs = files.filter(({ name }) => LOG.test(name));
  if (/^(diagnose|explain|)$/i.test(command) && logs.length > 0) {
    return { said: text.trim() || 'diagnose', logs: await readLogs(logs, chat) };
  }
  const projects = files.filter(({ name }) => PROJECT.test(name));
  return {
    said: [text, ...projects.map(({ id }) => `--project ${id}`)].join(' ').trim(),
    logs: [],
  };
}

/** The end of the first few files. Rejects when Slack does not hand one out. */
export function readLogs(files: readonly AttachedFile[], chat: Chat): Promise<Uint8Array[]> {
  const wanted = { limit: LONGEST_LOG, keep: 'end' } as const;
  return Promise.all(files.slice(0, MOST_LOGS).map(({ id }) => chat.readFile(id, wanted)));
}

/** `diagnose` with nothing to diagnose, or with no more than a word that points: `diagnose this`. */
export function asksAbout(text: string): boolean {
  return POINTING.test(text.trim());
}

const POINTING =
  /^(diagnose|explain)(\s+(this|that|it|above|please|the|thread|log|logs|error|failure|traceback|message|:point_up(_2)?:|\^+|[\u{261d}\u{1f446}]\u{fe0f}?))*\s*[?.!]*$/iu;

/** Where a message stands in a thread, and its own place in it; null for one that starts none. */
export function threadOf(
  message: object,
  channel: string,
): { reference: MessageReference; before: string } | null {
  const { ts, thread_ts: thread }: { ts?: unknown; thread_ts?: unknown } = message;
  if (typeof ts !== 'string' || typeof thread !== 'string' || thread === ts) return null;
  return { reference: { channel, ts: thread }, before: ts };
}

const MOST_MESSAGES = 100;
const LONGEST_THREAD = 200_000;

/**
 * `diagnose` with what stands in the thread above: the first message, those after it up to the
 * question, and their logs. What apps wrote counts (schedulers report failures so), what we
 * wrote does not. Rejects when Slack does not hand it out.
 */
export async function withThread(
  { reference, before }: { reference: MessageReference; before: string },
  ourUserId: string | undefined,
  chat: Chat,
): Promise<Said> {
  const said = await chat.readThread(reference, before, MOST_MESSAGES);
  const theirs = said.filter(({ user }) => typeof user !== 'string' || user !== ourUserId);
  const logs = theirs.flatMap(attachedFiles).filter(({ name }) => LOG.test(name));
  const texts = theirs.map(contentOf).filter((text) => text !== '');
  const above = texts.map((text) => new TextEncoder().encode(decodeSlackText(text)));
  return { said: 'diagnose', logs: [...above, ...(await readLogs(logs, chat))] };
}

/** The text of a message: what was typed and what stands in the attachments of other apps. */
export function contentOf(message: SaidMessage | object): string {
  const { text, attachments }: { text?: unknown; attachments?: unknown } = message;
  const parts = [text];
  if (Array.isArray(attachments)) {
    for (const attachment of attachments) {
      const { pretext, title, text: inner, fallback }: SaidMessage = attachment ?? {};
      parts.push(pretext, title, inner ?? fallback);
    }
  }
  return parts
    .filter((part): part is string => typeof part === 'string' && part.trim() !== '')
    .join('\n')
    .slice(0, LONGEST_THREAD);
}

/**
 * Why something people pointed at cannot be read, and what to do: scopes, membership, the file
 * itself. `instead`: what helps meanwhile, as a clause.
 */
export function unreadable(
  error: ChatError,
  instead = 'paste the text after `diagnose`',
): FerryError {
  if (error.code === 'missing_scope') {
    const scopes = error.needed.map((scope) => `\`${scope}\``).join(' or ') || 'a scope';
    return outsideError({
      code: 'slack-scope-missing',
      message: `Slack does not let me read this: the app lacks ${scopes}.`,
      suggestion: `An operator can add it on the app’s page (OAuth & Permissions) and install the app again. Until then, ${instead}.`,
    });
  }
  const { kind } = error;
  if (isNoEntry(error)) {
    return outsideError({
      code: 'slack-not-in-channel',
      message: 'I am not in this channel, so Slack does not let me read here.',
      suggestion: `Type \`/invite @Conda Ferry\` and ask again, or ${instead}.`,
    });
  }
  if (kind !== 'refused') {
    return outsideError({
      code: 'slack-unavailable',
      message: 'Slack does not hand out what stands here right now.',
      suggestion: `Ask again in a minute, or ${instead}.`,
      retryable: true,
    });
  }
  return outsideError({
    code: 'file-unreadable',
    message: 'Slack does not hand the attached file out.',
    suggestion: `Attach it again, or ${instead}.`,
  });
}

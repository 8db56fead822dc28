import { outsideError, userError } from '../../domain/errors.ts';
import { size } from '../../domain/figures.ts';
import type { FileAsker } from '../../domain/ports.ts';
import { boolean, listOf, number, object, or, readJson, string } from '../../domain/shape.ts';

/** A wheel larger than this does not belong into a chat. */
const LARGEST = 200 * 1024 * 1024;
const SECONDS = 120;

/** What is read here of Slack's answer to `files.info`. */
interface FileInfo {
  ok: boolean;
  error: string | null;
  file: {
    name: string;
    size: number;
    url_private_download: string;
    user: string | null;
    channels: string[];
    groups: string[];
    ims: string[];
  } | null;
}

const FILE_INFO = object<FileInfo>({
  ok: boolean,
  error: or(string, null),
  file: or(
    object<NonNullable<FileInfo['file']>>({
      ...{ name: string, size: number, url_private_download: string },
      // What is left out is nobody's, and shared nowhere.
      ...{ user: or(string, null), channels: or(listOf(string), []) },
      ...{ groups: or(listOf(string), []), ims: or(listOf(string), []) },
    }),
    null,
  ),
});

/**
 * Gets files people attached, for workers: two plain calls (`files.info`, then the download with
 * the bot's token) need no Slack client. Throws `file-not-found`, `file-not-yours`,
 * `file-too-large`, `file-elsewhere`, `slack-unreachable`.
 */
export function createFileFetcher(slack: { botToken: string; apiUrl: string | null }) {
  const api = slack.apiUrl ?? 'https://slack.com/api/';
  const authorization = { authorization: `Bearer ${slack.botToken}` };

  return async function fetchFile(
    fileId: string,
    asker: FileAsker | null,
    signal: AbortSignal,
  ): Promise<{ name: string; content: Uint8Array }> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(SECONDS * 1000)]);
    const query = new URLSearchParams({ file: fileId });
    const answer = await get(`${new URL('files.info', api)}?${query}`, authorization, limit);
    const { ok, error, file } = readJson(await answer.text(), FILE_INFO, (why) =>
      unreachable(`its answer to files.info cannot be read, ${why}`),
    );
    if (!ok || !file) {
      throw userError({
        code: 'file-not-found',
        message: `Slack does not give out the attached file ${fileId} (${error}).`,
        suggestion: 'Attach it again, in a channel the bot is in.',
      });
    }
    if (asker !== null && !maySee(file, asker)) {
      throw userError({
        code: 'file-not-yours',
        message: `The file ${fileId} is neither yours nor shared in the conversation where you ask.`,
        suggestion: 'Attach it to your message, or ask where it is shared.',
      });
    }
    if (file.size > LARGEST) {
      throw userError({
        code: 'file-too-large',
        message: `${file.name} has ${size(file.size)}; at most ${size(LARGEST)} are taken.`,
        suggestion: 'Use a configured repository: `--project name@ref`.',
      });
    }
    if (!isSlacks(file.url_private_download, api)) throw foreign(file.name);
    const download = await get(file.url_private_download, authorization, limit);
    return { name: file.name, content: new Uint8Array(await download.arrayBuffer()) };
  };
}

/** Slack tells a file's uploader and where it is shared (`files.info`), of each conversation the bot is in. */
function maySee(
  { user, channels, groups, ims }: NonNullable<FileInfo['file']>,
  asker: FileAsker,
): boolean {
  const isTheirs = user !== null && user === asker.user;
  return isTheirs || [...channels, ...groups, ...ims].includes(asker.channel);
}

/** Files of other services stand in Slack, too; the token is not theirs to see. */
function isSlacks(address: string, api: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null) return false;
  const isSlack = url.protocol === 'https:' && /(^|\.)slack\.com$/.test(url.hostname);
  return isSlack || url.origin === new URL(api).origin;
}

function foreign(name: string) {
  return userError({
    code: 'file-elsewhere',
    message: `${name} does not lie in Slack but with another service.`,
    suggestion: 'Download it, and attach the file itself.',
  });
}

async function get(url: string, headers: Record<string, string>, signal: AbortSignal) {
  const response = await fetch(url, { headers, signal }).catch((error: Error) => {
    if (signal.reason instanceof Error && signal.aborted) throw signal.reason;
    throw unreachable(error.message, error);
  });
  if (!response.ok) throw unreachable(`status ${response.status}`);
  return response;
}

function unreachable(why: string, cause?: unknown) {
  return outsideError(
    {
      code: 'slack-unreachable',
      message: `The attached file could not be downloaded from Slack: ${why}.`,
      suggestion: 'Retry the build.',
      retryable: true,
    },
    cause,
  );
}

import { outsideError, userError } from '../../domain/errors.ts';
import { size } from '../../domain/figures.ts';
import type { FileAsker } from '../../domain/ports.ts';
import { boolean, listOf, number, object, or, readJson, string } from '../../domain/shape.ts';
import { DownloadError } from '../../domain/slack-files.ts';
import { createDownload } from '../host/slack-download.ts';

/** A wheel larger than this does not belong into a chat. */
const LARGEST = 200 * 1024 * 1024;
const SECONDS = 120;
/** Bytes; many times what Slack tells of a file. */
const LONGEST_INFO = 1_000_000;

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
 * Gets files people attached, for workers: two plain calls (`files.info`, then the download) need no
 * Slack client. Throws `file-not-found`, `file-not-yours`, `file-too-large`, `file-elsewhere`,
 * `slack-unreachable`.
 */
export function createFileFetcher(slack: { botToken: string; apiUrl: string | null }) {
  const api = slack.apiUrl ?? 'https://slack.com/api/';
  const download = createDownload(slack);

  return async function fetchFile(
    fileId: string,
    asker: FileAsker | null,
    signal: AbortSignal,
  ): Promise<{ name: string; content: Uint8Array }> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(SECONDS * 1000)]);
    const get = (address: string, bytes: number, name: string) =>
      download(address, { limit: bytes, keep: 'start', signal: limit }).catch((error) => {
        if (!(error instanceof DownloadError)) throw error;
        throw error.reason === 'elsewhere' ? foreign(name) : unreachable(error.message, error);
      });
    const query = new URLSearchParams({ file: fileId });
    const answer = await get(`${new URL('files.info', api)}?${query}`, LONGEST_INFO, fileId);
    const { ok, error, file } = readJson(new TextDecoder().decode(answer), FILE_INFO, (why) =>
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
    if (file.size > LARGEST) throw tooLarge(file.name, size(file.size));
    const content = await get(file.url_private_download, LARGEST + 1, file.name);
    if (content.length > LARGEST) throw tooLarge(file.name, `more than ${size(LARGEST)}`);
    return { name: file.name, content };
  };
}

function tooLarge(name: string, found: string) {
  return userError({
    code: 'file-too-large',
    message: `${name} has ${found}; at most ${size(LARGEST)} are taken.`,
    suggestion: 'Use a configured repository: `--project name@ref`.',
  });
}

/** Slack tells a file's uploader and where it is shared (`files.info`), of each conversation the bot is in. */
function maySee(
  { user, channels, groups, ims }: NonNullable<FileInfo['file']>,
  asker: FileAsker,
): boolean {
  const isTheirs = user !== null && user === asker.user;
  return isTheirs || [...channels, ...groups, ...ims].includes(asker.channel);
}

function foreign(name: string) {
  return userError({
    code: 'file-elsewhere',
    message: `${name} does not lie in Slack but with another service.`,
    suggestion: 'Download it, and attach the file itself.',
  });
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

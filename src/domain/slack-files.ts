/** Files that people keep in Slack: where they lie, and how bot and worker get them. */

/**
 * Whether an address is Slack's own: only such a one sees the token, and what people keep here. Files
 * of other services stand in Slack, too. `api`: where the Web API is, which may be of another name.
 */
export function isSlacks(address: string, api: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null) return false;
  const isSlack = url.protocol === 'https:' && /(^|\.)slack\.com$/.test(url.hostname);
  return isSlack || url.origin === new URL(api).origin;
}

/** Gets at most `limit` bytes of a file, from its start or its end. Rejects with a DownloadError. */
export type Download = (address: string, wanted: Wanted) => Promise<Uint8Array>;

export interface Wanted {
  limit: number;
  keep: 'start' | 'end';
  /** The call rejects with its reason. */
  signal?: AbortSignal;
}

/**
 * Why there are no bytes. `elsewhere`: another service has them; `refused`: Slack does not hand them
 * out; `unavailable`: no answer, or one that says nothing.
 */
export class DownloadError extends Error {
  readonly reason: 'elsewhere' | 'refused' | 'unavailable';

  constructor(reason: DownloadError['reason'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'DownloadError';
    this.reason = reason;
  }
}

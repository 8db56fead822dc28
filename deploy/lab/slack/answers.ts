/** What an app answers in place: acknowledgement bodies of commands, and posts to response URLs. */
import { messageContent, sentMessage } from './content.ts';
import { isObject, isTrue, type JsonObject, stringOr } from './json.ts';
import { byTheApp } from './methods/chat.ts';
import type { ResponseTarget } from './response-urls.ts';
import { ApiError, type Slack } from './slack.ts';
import type { Message } from './workspace.ts';

/**
 * Shows `body` as the answer it is: to one person unless it says `in_channel`, in place of the
 * original when it says so. Answers the message, or null for a deletion. Throws ApiError.
 */
export function showAnswer(slack: Slack, target: ResponseTarget, body: unknown): Message | null {
  const { workspace } = slack;
  const args: JsonObject = typeof body === 'string' ? { text: body } : isObject(body) ? body : {};
  const { original } = target;
  if (isTrue(args.delete_original)) {
    if (original) workspace.remove(original);
    return null;
  }
  const content = messageContent(args, { limitTotal: false });
  slack.record('message', sentMessage(args));
  if (isTrue(args.replace_original) && original) {
    delete original.blocks;
    delete original.attachments;
    Object.assign(original, content);
    if (!original.blocks) original.edited = { user: workspace.bot.id, ts: workspace.nextTs() };
    workspace.changed();
    return original;
  }
  const thread = stringOr(args.thread_ts, '');
  return workspace.add({
    channel: target.channel,
    ...byTheApp(slack),
    ...content,
    ...(thread ? { thread_ts: thread } : {}),
    ...(args.response_type === 'in_channel' ? {} : { ephemeral_to: target.user }),
  });
}

/** One POST to a response URL; Slack answers `ok`, or says in JSON why not. */
export function answerAt(
  slack: Slack,
  path: string,
  body: unknown,
): { status: number; body: string } {
  const use = slack.responseUrls.use(path);
  const refusal = (status: number, error: string): { status: number; body: string } => ({
    status,
    body: JSON.stringify({ ok: false, error }),
  });
  if ('refused' in use) return refusal(404, use.refused);
  if (!isObject(body)) return refusal(400, 'invalid_payload');
  try {
    showAnswer(slack, use.target, body);
    return { status: 200, body: 'ok' };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return refusal(400, error.code);
  }
}

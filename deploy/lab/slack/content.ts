/** What an app puts into a message: checked as Slack checks it, and given the ids it lacks. */
import { randomBytes } from 'node:crypto';
import { messageFaults, TOTAL_TEXT_LIMIT, totalText } from './block-kit/surfaces.ts';
import { isObject, type JsonObject, objectsIn, objectsWithin, stringOr } from './json.ts';
import { ApiError, refusedBecause } from './slack.ts';
import type { Block, Message } from './workspace.ts';

/** Slack cuts the text of a new message here. */
const TEXT_CUT = 40_000;
/** Elements that answer with an action and so need an `action_id`. */
const INTERACTIVE =
  /select$|^(button|overflow|checkboxes|radio_buttons|datepicker|timepicker|datetimepicker|.*_input|icon_button|feedback_buttons)$/;

export type Content = Pick<Message, 'text' | 'blocks' | 'attachments' | 'metadata'>;

const shortId = (): string => randomBytes(4).toString('base64url').slice(0, 5);

/** A copy of `blocks` in which every block has a `block_id` and every element an `action_id`. */
export function withIds(blocks: unknown): Block[] {
  const copy = structuredClone(objectsIn(blocks));
  for (const block of copy) if (!block.block_id) block.block_id = shortId();
  for (const inner of objectsWithin(copy))
    if (typeof inner.type === 'string' && INTERACTIVE.test(inner.type) && !inner.action_id)
      inner.action_id = shortId();
  return copy.map((block) => ({ ...block, type: String(block.type) }));
}

/** Reads an argument that form-encoded clients send as JSON text. */
export function parsed(value: unknown, error: string): unknown {
  if (typeof value !== 'string') return value;
  if (value === '') return undefined;
  try {
    return JSON.parse(value);
  } catch {
    throw new ApiError(error);
  }
}

function checkedMetadata(value: unknown): Message['metadata'] {
  const metadata = parsed(value, 'invalid_metadata_format');
  if (metadata === undefined || metadata === null) return undefined;
  if (
    !isObject(metadata) ||
    typeof metadata.event_type !== 'string' ||
    !isObject(metadata.event_payload)
  )
    throw new ApiError('invalid_metadata_schema');
  return { event_type: metadata.event_type, event_payload: metadata.event_payload };
}

/**
 * The message content in `args`. Throws ApiError by Slack's names: `no_text`, `invalid_blocks`,
 * `invalid_blocks_format`, `msg_blocks_too_long` (Web API only: response URLs do not have it).
 */
export function messageContent(
  args: JsonObject,
  { limitTotal = true, required = true } = {},
): Content {
  const text = stringOr(args.text, '');
  const blocks = parsed(args.blocks, 'invalid_blocks_format');
  const attachments = parsed(args.attachments, 'invalid_attachments');
  const metadata = checkedMetadata(args.metadata);
  const hasBlocks = Array.isArray(blocks) && blocks.length > 0;
  const hasAttachments = Array.isArray(attachments) && attachments.length > 0;
  if (required && text === '' && !hasBlocks && !hasAttachments) throw new ApiError('no_text');
  if (blocks !== undefined && blocks !== null) {
    const faults = messageFaults(blocks);
    if (faults.length > 0) throw refusedBecause('invalid_blocks', faults);
    if (limitTotal && totalText(blocks) > TOTAL_TEXT_LIMIT)
      throw new ApiError('msg_blocks_too_long');
  }
  for (const attachment of objectsIn(attachments)) {
    const faults = attachment.blocks === undefined ? [] : messageFaults(attachment.blocks);
    if (faults.length > 0) throw refusedBecause('invalid_attachments', faults);
  }
  return {
    text: text.slice(0, TEXT_CUT),
    ...(hasBlocks ? { blocks: withIds(blocks) } : {}),
    ...(hasAttachments ? { attachments: objectsIn(attachments) } : {}),
    ...(metadata ? { metadata } : {}),
  };
}

/** The payload as the app sent it, for the recorder. */
export const sentMessage = (args: JsonObject): JsonObject => ({
  text: stringOr(args.text, ''),
  ...(args.blocks === undefined ? {} : { blocks: parsed(args.blocks, 'invalid_blocks_format') }),
});

/**
 * What holds for a whole message or view: number of blocks, unique ids, total size.
 * Each function answers with Slack's own sentences, empty when all is well.
 */
import { isObject, type JsonObject, objectsIn, objectsWithin } from '../json.ts';
import { blockRule, type Surface } from './blocks.ts';
import { plainText, suggestedOptions } from './composition.ts';
import { anything, boolean, list, object, oneOf, optional, type Report, string } from './rules.ts';

/** Measured by bolt-js users: `chat.postMessage` refuses blocks whose texts add up to more. */
export const TOTAL_TEXT_LIMIT = 12_000;
/** Slack's documented size of one view, in bytes. */
const VIEW_BYTES_LIMIT = 250_000;

const BLOCKS_LIMIT: Record<Surface, number> = { message: 50, modal: 100, home: 100 };

function collect(check: (report: Report) => void): string[] {
  const sentences: string[] = [];
  check((pointer, sentence) => {
    sentences.push(`[ERROR] ${sentence} [json-pointer:${pointer}]`);
  });
  return sentences;
}

/** Block ids must be unique on a surface; action ids inside one block. */
function reportDuplicates(blocks: JsonObject[], pointer: string, report: Report): void {
  const seen = new Set<string>();
  blocks.forEach((block, index) => {
    const id = block.block_id;
    if (typeof id === 'string' && id !== '') {
      if (seen.has(id))
        report(`${pointer}/${index}/block_id`, `\`block_id\` already exists: ${id}`);
      seen.add(id);
    }
    const actions = new Set<string>();
    objectsIn(block.elements).forEach((element, position) => {
      if (typeof element.action_id !== 'string') return;
      if (actions.has(element.action_id))
        report(
          `${pointer}/${index}/elements/${position}`,
          `\`action_id\` already exists: ${element.action_id}`,
        );
      actions.add(element.action_id);
    });
  });
}

/** A message shows progress either as one plan or as single cards, never both. */
function reportPlanBesideTasks(blocks: JsonObject[], pointer: string, report: Report): void {
  const types = new Set(blocks.map(({ type }) => type));
  if (types.has('plan') && types.has('task_card'))
    report(pointer, 'plan and task_card blocks cannot stand in one message');
}

function checkBlocks(blocks: unknown, surface: Surface, pointer: string, report: Report): void {
  list(blockRule(surface), { max: BLOCKS_LIMIT[surface] })(blocks, pointer, report);
  const known = objectsIn(blocks);
  reportDuplicates(known, pointer, report);
  if (surface === 'message') reportPlanBesideTasks(known, pointer, report);
}

/** What Slack would refuse in the blocks of a message. */
export const messageFaults = (blocks: unknown): string[] =>
  collect((report) => checkBlocks(blocks, 'message', '/blocks', report));

/** The characters of every text inside blocks. */
export const totalText = (blocks: unknown): number =>
  objectsWithin(blocks)
    .filter(({ text }) => typeof text === 'string')
    .reduce((sum, { text }) => sum + String(text).length, 0);

const viewFields = {
  blocks: anything,
  private_metadata: optional(string(3000)),
  callback_id: optional(string(255)),
  external_id: optional(string(255)),
};

const modal = object(
  {
    ...viewFields,
    type: oneOf('modal'),
    title: plainText(24),
    submit: optional(plainText(24)),
    close: optional(plainText(24)),
    clear_on_close: optional(boolean),
    notify_on_close: optional(boolean),
    submit_disabled: optional(boolean),
  },
  (view) =>
    objectsIn(view.blocks).some(({ type }) => type === 'input') && !view.submit
      ? 'missing required field: submit (an input block needs it)'
      : null,
);

const home = object({ ...viewFields, type: oneOf('home') });

/** What Slack would refuse in a view shown as `surface`. */
export function viewFaults(view: unknown, surface: 'modal' | 'home'): string[] {
  return collect((report) => {
    (surface === 'modal' ? modal : home)(view, '/view', report);
    if (isObject(view)) checkBlocks(view.blocks, surface, '/view/blocks', report);
  });
}

/** Whether the view is over Slack's size, in bytes of JSON. */
export const viewTooLarge = (view: unknown): boolean =>
  Buffer.byteLength(JSON.stringify(view)) > VIEW_BYTES_LIMIT;

/** What Slack would refuse in the answer to an options request. */
export const suggestionFaults = (answer: unknown): string[] =>
  collect((report) => suggestedOptions(answer, '', report));

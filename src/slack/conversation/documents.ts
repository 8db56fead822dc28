/** An answer with what leads on from it: the live message, the line to copy, the way to show it to all. */
import { answerButton, fitsButton } from '../../answers/buttons.ts';
import { describe } from '../../answers/describe.ts';
import { type Button, type Document, link, small } from '../../answers/document.ts';
import type { Build } from '../../domain/build.ts';
import type { Reply } from '../../domain/reply.ts';
import type { Settings } from '../../domain/services.ts';
import type { Chat } from '../chat.ts';
import type { Place } from '../place.ts';
import type { Runner } from './runner.ts';
import { sharedBy } from './shared-by.ts';
import { TITLES } from './titles.ts';

/** `asked`: the command that was answered, where a button may say or show it again. */
export interface Documents {
  documentFor(reply: Reply, asked: string | null): Promise<Document>;
  /** A document that one person sees, with the way to show it to all. */
  withShare(document: Document, reply: Reply, place: Place, asked: string | null): Document;
  /** The answer as one person sees it, with that way. */
  sharable(reply: Reply, place: Place, asked: string | null): Promise<Document>;
}

export function createDocuments(chat: Chat, settings: Settings, runner: Runner): Documents {
  async function documentFor(reply: Reply, asked: string | null): Promise<Document> {
    const document = describe(reply, settings);
    if (reply.kind === 'build') return withFirst(document, await followLink(reply.build, chat));
    if (reply.kind !== 'invocation' || asked === null || !fitsButton(asked)) return document;
    const copy = answerButton('copy_text', TITLES.run, 'primary', asked);
    return withButtons(document, { first: [copy] });
  }

  const withShare: Documents['withShare'] = (document, reply, place, asked) => {
    const isPrivate = !place.open && place.channel !== '';
    // What came with a file cannot be said again without it.
    const isAlone = place.file === null && place.logs.length === 0;
    const command = isPrivate && isAlone ? sharedBy(reply, asked) : null;
    const isSayable = command !== null && fitsButton(command) && runner.reads(command);
    const share = isSayable ? [answerButton('share', 'Share here', null, command)] : [];
    return withButtons(document, { last: share });
  };

  return {
    documentFor,
    withShare,
    sharable: async (reply, place, asked) =>
      withShare(await documentFor(reply, asked), reply, place, asked),
  };
}

async function followLink(build: Build, chat: Chat): Promise<Document['parts']> {
  const live = build.message ? await chat.permalink(build.message) : null;
  const rest = ' follows this build; this copy stays as it was when you asked.';
  return live ? [small(link(live, 'The live message'), rest)] : [];
}

/** Puts parts before the buttons, or at the end. */
export function withFirst(document: Document, parts: Document['parts']): Document {
  const at = document.parts.findIndex((part) => part.kind === 'buttons');
  const place = at < 0 ? document.parts.length : at;
  return { ...document, parts: document.parts.toSpliced(place, 0, ...parts) };
}

/** Adds to the last row of buttons, or makes one at the end. */
function withButtons(
  document: Document,
  { first = [], last = [] }: { first?: Button[]; last?: Button[] },
): Document {
  if (first.length + last.length === 0) return document;
  const at = document.parts.findLastIndex((part) => part.kind === 'buttons');
  const row = document.parts[at];
  const between = row?.kind === 'buttons' ? row.buttons : [];
  const whole: Document['parts'][number] = {
    kind: 'buttons',
    buttons: [...first, ...between, ...last],
  };
  const parts = at < 0 ? [...document.parts, whole] : document.parts.toSpliced(at, 1, whole);
  return { ...document, parts };
}

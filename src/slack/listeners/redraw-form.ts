/** The form for a new environment, drawn anew while it is open. */
import type { BuildRequest } from '../../domain/request.ts';
import { ChatError } from '../chat/error.ts';
import { createForm, readOrigin, readTurn } from '../modals/create-form.ts';
import { chosenIn, type FormState } from '../modals/view.ts';
import { offeredTo, runsOn } from '../offered.ts';
import type { Listening } from './listening.ts';

/** What Slack says of a form that is open. */
interface OpenForm {
  id: string;
  hash: string;
  private_metadata: string;
  state: { values: FormState };
}

/** Fields keep what is in them, unless all of it is filled in anew with what is `taken`. */
export type Redraw = (
  view: OpenForm,
  user: string,
  change: { taken: BuildRequest | null; offer: string | null },
) => Promise<void>;

export function createRedraw({ services, chat, log }: Listening): Redraw {
  /** The last one asked for, of each form that is being drawn. */
  const newest = new Map<string, object>();

  return async (view, user, { taken, offer }) => {
    const asked = {};
    newest.set(view.id, asked);
    try {
      const edges = taken?.edges ?? chosenIn(view.state.values, 'edges');
      const [offered, runs] = await Promise.all([
        offeredTo(user, services),
        runsOn(edges, services),
      ]);
      const turn = readTurn(view.private_metadata) + (taken ? 1 : 0);
      const beside = { runs, offer, turn };
      const form = createForm(offered, taken ?? {}, readOrigin(view.private_metadata), beside);
      await chat.updateView(view.id, form, view.hash).catch((error: unknown) => {
        const isChanged = error instanceof ChatError && error.code === 'hash_conflict';
        // It was drawn for an earlier choice meanwhile: this one is newer.
        if (isChanged && newest.get(view.id) === asked) return chat.updateView(view.id, form);
        throw error;
      });
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      log.warn({ code: error.code }, 'a form could not be drawn anew');
    } finally {
      if (newest.get(view.id) === asked) newest.delete(view.id);
    }
  };
}

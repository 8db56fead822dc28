/** Submitted forms: a mistake is told in the form, which stays open; all else is done after it closed. */
import { attachedFiles, readLogs } from '../attachments.ts';
import type { App } from '../connection/bolt.ts';
import { deliveryId } from '../connection/once.ts';
import { TITLES } from '../conversation/titles.ts';
import { decodeSlackText } from '../decode.ts';
import { DIAGNOSE_FORM, readDiagnoseForm } from '../modals/diagnose-form.ts';
import { loadingView } from '../modals/loading-view.ts';
import { placeOf } from '../place.ts';
import { listenToCreateForm } from './create-form.ts';
import type { Listening } from './listening.ts';
import { readable } from './readable.ts';

export function listenToForms(app: App, listening: Listening): void {
  listenToCreateForm(app, listening);
  listenToDiagnose(app, listening);
  // A form of an earlier version must not hang, and one to copy from sends nothing.
  app.view(/^(?!(create|diagnose)_form$).*/, async ({ ack }) => ack());
}

function listenToDiagnose(app: App, { chat, conversation, isFirst, lane, log }: Listening): void {
  app.view(DIAGNOSE_FORM, async ({ ack, view, body }) => {
    const read = readDiagnoseForm(view.state.values);
    if (!read.ok) {
      await ack({ response_action: 'errors', errors: read.errors });
      return;
    }
    // Reading files may take longer than the three seconds there are: the answer comes after.
    await ack({ response_action: 'update', view: loadingView(TITLES.diagnose) });
    if (!(await isFirst(deliveryId(body)))) return;
    const place = placeOf(body.user.id, {
      way: 'form',
      team: body.team?.id ?? null,
      view: view.id,
    });
    const attached = attachedFiles({ files: read.files });
    const reply = () =>
      readable(log, async () => {
        const logs = await readLogs(attached, chat);
        return conversation.run(decodeSlackText(`diagnose ${read.text}`), { ...place, logs });
      });
    lane.add(() => conversation.fill(view.id, TITLES.diagnose, reply(), place));
  });
}

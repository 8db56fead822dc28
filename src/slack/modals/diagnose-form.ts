/** The form for the log of a failed job: pasted or attached, whichever is at hand. */
import type { ModalView } from '@slack/types';
import { ACTION, type FormErrors, type FormState, input, LONGEST_FIELD, plain } from './view.ts';

export const DIAGNOSE_FORM = 'diagnose_form';
const FIELDS = { text: 'text', files: 'files' } as const;

export function diagnoseForm(): ModalView {
  return {
    type: 'modal',
    callback_id: DIAGNOSE_FORM,
    title: plain('A job failed'),
    submit: plain('Find the cause'),
    close: plain('Cancel'),
    blocks: [
      input(FIELDS.text, 'Traceback or the end of the log', {
        hint: 'A few dozen lines are enough when the error itself is among them.',
        optional: true,
        element: {
          type: 'plain_text_input',
          action_id: ACTION,
          multiline: true,
          max_length: LONGEST_FIELD,
          focus_on_load: true,
        },
      }),
      input(FIELDS.files, 'Or the whole log as a file', {
        hint: 'yarn logs -applicationId … > job.log gives what the executors wrote.',
        optional: true,
        element: { type: 'file_input', action_id: ACTION, max_files: 3 },
      }),
    ],
  };
}

/** What was pasted and what was attached; neither is a mistake shown on the first field. */
export function readDiagnoseForm(
  state: FormState,
): { ok: true; text: string; files: unknown } | { ok: false; errors: FormErrors } {
  const { value } = state[FIELDS.text]?.[ACTION] ?? {};
  const { files } = state[FIELDS.files]?.[ACTION] ?? {};
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '' && !(Array.isArray(files) && files.length > 0)) {
    return { ok: false, errors: { [FIELDS.text]: 'Paste the log here, or attach it.' } };
  }
  return { ok: true, text, files };
}

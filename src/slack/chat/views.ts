/** Modals and Home tabs. */
import type { View } from '@slack/types';
import { type Call, fieldsOf } from './call.ts';

export interface Views {
  /** Answers the id of the modal. */
  openView(trigger: string, view: View): Promise<string>;
  /** `hash`: of the view as it was seen; where it has changed since, nothing is done. */
  updateView(id: string, view: View, hash?: string): Promise<void>;
  publishHome(user: string, view: View): Promise<void>;
}

export function createViews(call: Call): Views {
  return {
    async openView(trigger, view) {
      const answer = await call('views.open', { trigger_id: trigger, view });
      return String(fieldsOf(answer.view).id);
    },
    async updateView(id, view, hash) {
      await call('views.update', { view_id: id, view, ...(hash ? { hash } : {}) });
    },
    async publishHome(user, view) {
      await call('views.publish', { user_id: user, view });
    },
  };
}

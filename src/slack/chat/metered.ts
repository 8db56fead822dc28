import type { Meters } from '../../domain/metrics.ts';
import type { Call } from './call.ts';
import { ChatError, isBusy } from './error.ts';

/** The same calls, counted by what came of them. */
export function metered(call: Call, meters: Meters): Call {
  return async (method, args) => {
    try {
      const answer = await call(method, args);
      meters.count('conda_ferry_slack_calls_total', { method, outcome: 'done' });
      return answer;
    } catch (error) {
      const outcome = error instanceof ChatError ? error.kind : 'defect';
      meters.count('conda_ferry_slack_calls_total', { method, outcome });
      if (isBusy(error)) {
        meters.count('conda_ferry_slack_wait_seconds_total', { method }, error.retryAfter);
      }
      throw error;
    }
  };
}

/** What this process knows of one message on its way. */
export interface Sending {
  /** It may stand in Slack: an attempt got no answer, or was another process'. */
  mayHaveArrived: boolean;
}

/** How a notice is delivered, unless it is for nobody or has to wait. */
export type Delivery = ((sending: Sending) => Promise<void>) | 'never' | 'later';

/** How a notice is delivered, unless it is for nobody or has to wait. */
export type Delivery = (() => Promise<void>) | 'never' | 'later';

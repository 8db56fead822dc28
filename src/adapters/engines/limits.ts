/** Seconds an engine may take, and may stay silent. */
export interface EngineLimits {
  solveSeconds: number;
  createSeconds: number;
  idleSeconds: number;
}

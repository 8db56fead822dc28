/** The public face of the package: what programs and tests outside of it may use. */
export type { Aside, AsidePlace, AsideRow, AsideView } from './aside.ts';
export {
  type CommandHint,
  type EmulatorOptions,
  type ShortcutHint,
  type SlackEmulator,
  startSlackEmulator,
} from './emulator.ts';
export type { CallFault } from './faults.ts';
export type { Guide, GuideStep, Seen } from './guide.ts';
export { isObject, type JsonObject, objectsWithin } from './json.ts';
export { readManifest } from './manifest.ts';
export { defaultUsers, OPERATOR } from './population.ts';
export { terminalLines } from './terminal.ts';
export { visibleText } from './waiting.ts';
export type { Channel, Message, SharedFile, User, Usergroup, View } from './workspace.ts';

/** An app's manifest, as Slack's settings take it: what a workspace knows of the app that it installs. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { EmulatorOptions } from './emulator.ts';
import { isObject, objectsIn, stringOr } from './json.ts';

/**
 * The options that make the emulator know the app of the manifest in `file` (YAML or JSON): its name,
 * commands, message shortcuts and scopes, and no more of these than it declares. Throws when the file
 * cannot be read or holds no manifest. Slack decides on escaping for each command, the emulator for
 * all: as the first one says.
 */
export async function readManifest(file: string): Promise<EmulatorOptions> {
  const manifest: unknown = parse(await readFile(file, 'utf8'));
  if (!isObject(manifest) || !isObject(manifest.display_information))
    throw new Error(`no app manifest, for it has no display_information`);
  const features = isObject(manifest.features) ? manifest.features : {};
  const oauth = isObject(manifest.oauth_config) ? manifest.oauth_config : {};
  const { bot } = isObject(oauth.scopes) ? oauth.scopes : {};
  const commands = objectsIn(features.slash_commands);
  return {
    appName: stringOr(manifest.display_information.name, 'App'),
    scopes: Array.isArray(bot) ? bot.map(String) : [],
    commands: commands.map((command) => ({
      command: stringOr(command.command, ''),
      description: stringOr(command.description, ''),
      usageHint: stringOr(command.usage_hint, ''),
    })),
    // Slack escapes only where the manifest says so.
    shouldEscape: commands[0]?.should_escape === true,
    shortcuts: objectsIn(features.shortcuts)
      .filter(({ type }) => type === 'message')
      .map(({ callback_id: callbackId, name }) => ({
        callbackId: stringOr(callbackId, ''),
        name: stringOr(name, ''),
      })),
  };
}

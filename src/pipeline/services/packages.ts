import { channelsOf } from '../../domain/defaults.ts';
import { packagesWith } from '../../domain/diagnosis.ts';
import { channelsFor } from '../../domain/edge-platforms.ts';
import type { ChannelContent } from '../../domain/ports.ts';
import type { Packages } from '../../domain/services/packages.ts';
import {
  type IndexedChannel,
  indexChannel,
  packageIn,
  suggestSpecs,
} from '../../domain/suggestions.ts';
import type { ServicePorts } from './ports.ts';

/** What channels hold, and what the prefixes that were built have shown. */
export function packages(ports: ServicePorts): Packages {
  const { store, channels, settings } = ports;
  const indexed = indexOnce();
  return {
    channels,
    async packagesOf() {
      const [learnt, contents] = await Promise.all([
        store.readModules().catch((): Record<string, string[]> => ({})),
        channels.read(channelsOf({ channels: [] }, settings), []),
      ]);
      const isThere = (name: string) => contents?.some((content) => content.has(name)) ?? true;
      return (module) => {
        const shown = Object.hasOwn(learnt, module) ? learnt[module] : undefined;
        const likely = shown ?? packagesWith(module);
        const there = likely.filter(isThere);
        // The name of a package that is not there is still the right word for it.
        return there.length > 0 ? there : likely;
      };
    },
    async suggest(typed, chosen, edges) {
      const name = packageIn(typed);
      const wanted = channelsOf({ channels: chosen }, settings);
      const contents = await channelsFor({ edges }, ports).read(
        wanted,
        name === null ? [] : [name],
      );
      return suggestSpecs(typed, (contents ?? []).map(indexed));
    },
  };
}

/** A channel's names are put in order once for as long as it holds the same. */
function indexOnce(): (content: ChannelContent) => IndexedChannel {
  const made = new WeakMap<object, IndexedChannel['index']>();
  return (content) => {
    const names = content.names();
    const index = made.get(names) ?? indexChannel(content).index;
    made.set(names, index);
    return { content, index };
  };
}

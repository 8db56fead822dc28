/** Keyboards and Slack turn straight quotes and dashes into typographic ones; they mean the same. */
const TYPOGRAPHIC: Readonly<Record<string, string>> = {
  '\u2018': "'",
  '\u2019': "'",
  '\u201c': '"',
  '\u201d': '"',
  '\u00a0': ' ',
};

/**
 * Slack escapes `&`, `<` and `>` in what people type and wraps addresses as `<url|label>`
 * ("Formatting text for app surfaces"). Undone where a text comes in, once, so that positions are
 * those of the text the person sees.
 */
export function decodeSlackText(text: string): string {
  return text
    .replace(/(^|\s)<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>/g, '$1@$2')
    .replace(/<((?:https?|mailto):[^<>|\s]+)(?:\|([^<>]*))?>/g, (_, url, label) => label ?? url)
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(
      /[\u2018\u2019\u201c\u201d\u00a0]/g,
      (character) => TYPOGRAPHIC[character] ?? character,
    )
    .replace(/(^|\s)[\u2013\u2014](?=[a-z]{2})/g, '$1--');
}

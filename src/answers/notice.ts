import { plainPhrase } from '../domain/phrase.ts';
import type { Reply } from '../domain/reply.ts';
import { type Document, marked, prose } from './document.ts';
import { line } from './outside.ts';

export function describeNotice({ tone, text }: Extract<Reply, { kind: 'notice' }>): Document {
  const icon = tone === 'success' ? '✅ ' : 'ℹ️ ';
  return { summary: line(plainPhrase(text), 600), parts: [prose(icon, marked(text, 2000))] };
}

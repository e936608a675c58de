// What the gateway says in clauses, in the chosen language. Its own English stands in for a code that a language lacks, and
// for what a person or a provider wrote.
import { t } from '../strings';
import type { Clause } from '../types';

// How an attempt ended, or why something is benched. Outcomes are the gateway's words; those without one of ours are shown as
// they are.
export const outcome = (name: string) => (t().outcomes as Record<string, string>)[name] ?? name.replaceAll('_', ' ');

function tell(text: string | null, code: string | null | undefined, values: Clause['values'] = {}): string | null {
  const pattern = code ? (t().said as Record<string, string>)[code] : undefined;
  if (pattern === undefined) return text;
  return pattern.replace(/\{(\w+)\}/g, (_, name: string) => (name === 'reason' ? outcome(values[name] ?? '') : values[name] ?? ''));
}

export const clause = (one: Clause) => tell(one.text, one.code, one.values);
export const why = (one: { why: string | null; why_code?: string | null; why_values?: Clause['values'] }) => tell(one.why, one.why_code, one.why_values);
export const reason = (one: { reason: string | null; reason_code?: string | null; reason_values?: Clause['values'] }) =>
  tell(one.reason, one.reason_code, one.reason_values);

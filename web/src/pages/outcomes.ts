import type { Outcome } from '../api/values';
import { countOf } from '../ui/format';

/** What became of a report that was taken in, in a sentence. */
export function said(outcome: Outcome): string {
  const about = outcome.policy_domain ? `${outcome.policy_domain}, by ${outcome.org_name || outcome.reporter || 'somebody'}` : '';
  const size = outcome.outcome === 'added' && outcome.messages !== undefined && outcome.kind === 'aggregate' ? countOf(outcome.messages, 'message') : '';
  const repairs = outcome.findings?.length ? countOf(outcome.findings.length, 'note') : '';
  return [outcome.member ?? '', about, size, outcome.why ?? '', repairs].filter(Boolean).join('; ');
}

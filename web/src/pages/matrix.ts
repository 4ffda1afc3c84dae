/** Reporter × why: one row for each reporter, one count for each kind of gap. */
import type { Gaps } from '../api/show';

export interface MatrixRow {
  reporter: string;
  counts: Record<string, number>;
  failing: number;
  asAsked: number;
  neverEnforces: boolean;
  reasons: string[];
}

export const kinds = ['override', 'test_mode', 'served_as_quarantine', 'not_enforced', 'other_policy'] as const;

export function matrix(gaps: Pick<Gaps, 'gaps' | 'reporters'>): MatrixRow[] {
  const rows = new Map<string, MatrixRow>();
  for (const each of gaps.reporters) {
    rows.set(each.reporter, { reporter: each.reporter, counts: {}, failing: each.failing, asAsked: each.as_asked, neverEnforces: each.never_enforces, reasons: [] });
  }
  for (const each of gaps.gaps) {
    const row = rows.get(each.reporter) ?? { reporter: each.reporter, counts: {}, failing: 0, asAsked: 0, neverEnforces: false, reasons: [] };
    row.counts[each.kind] = (row.counts[each.kind] ?? 0) + each.messages;
    if (each.reason && !row.reasons.includes(each.reason)) row.reasons.push(each.reason);
    rows.set(each.reporter, row);
  }
  return [...rows.values()];
}

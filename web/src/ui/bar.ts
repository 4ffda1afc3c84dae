/** Parts of a bar: names of grounds stand in base.css. */
import { type Part, type Split, classes } from '../api/show';
import { percent } from './format';
import type { TermName } from './terms';

export interface Piece {
  key: string;
  heading: string;
  ground: string;
  messages: number;
  share: number;
  term?: TermName;
}

const headings: Record<Part, string> = {
  passed_under_enforcement: 'Passed under enforcement',
  delivered_without_enforcement: 'Delivered without enforcement',
  let_through_by_override: 'Failed, let through',
  quarantined: 'Quarantined',
  rejected: 'Rejected',
  unknown: 'Not told by the reporter',
};

/** The five parts in their order, a sixth where reporters do not say enough. */
export function piecesOf(split: Pick<Split, 'parts' | 'messages'>): Piece[] {
  return split.parts
    .filter((each) => each.part !== 'unknown' || each.messages > 0)
    .map((each) => ({
      key: each.part,
      heading: headings[each.part],
      ground: each.part === 'unknown' ? 'part-unknown' : each.part,
      messages: each.messages,
      share: split.messages > 0 ? each.messages / split.messages : 0,
      ...(each.part === 'unknown' ? {} : { term: each.part }),
    }));
}

export const classHeadings: Record<string, string> = {
  own: 'Own',
  approved: 'Approved service',
  forwarder: 'Forwarder or list',
  unknown: 'Unknown',
  abuse: 'Abuse',
  blocked: 'Blocked by you',
};

export function piecesByClass(counts: Partial<Record<string, number>>, all: number): Piece[] {
  return classes
    .map((each) => ({ key: each, heading: classHeadings[each] ?? each, ground: each as string, messages: counts[each] ?? 0, term: each }))
    .map((each) => ({ ...each, share: all > 0 ? each.messages / all : 0 }));
}

/** How mail authenticates. */
export function piecesOfCounts(counts: { messages: number; both: number; only_dkim: number; only_spf: number; none: number }): Piece[] {
  const share = (messages: number): { messages: number; share: number } => ({ messages, share: counts.messages > 0 ? messages / counts.messages : 0 });
  return [
    { key: 'both', heading: 'SPF and DKIM', ground: 'own', term: 'both', ...share(counts.both) },
    { key: 'only_dkim', heading: 'DKIM alone', ground: 'approved', term: 'only_dkim', ...share(counts.only_dkim) },
    { key: 'only_spf', heading: 'SPF alone', ground: 'forwarder', term: 'only_spf', ...share(counts.only_spf) },
    { key: 'none', heading: 'Neither', ground: 'abuse', term: 'none', ...share(counts.none) },
  ];
}

/** For people who do not see the bar. */
export const inWords = (pieces: Piece[]): string =>
  pieces
    .filter((each) => each.messages > 0)
    .map((each) => `${each.heading}: ${percent(each.share)}`)
    .join(', ') || 'no messages';

import { describe, expect, it } from 'vitest';
import type { DomainRow, Route } from '../api/show';
import { inWords, piecesByClass, piecesOf, piecesOfCounts } from './bar';
import { attention, isParked } from './words';

const row = (more: Partial<DomainRow> = {}): DomainRow => ({
  domain: 'example.com', policy: 'none', messages: 1000, passing_share: 1, only_spf: 0, failing: 0, failing_delivered: 0, reporters: 2,
  last_report: '2026-05-30', ...more,
});

describe('what needs a look', () => {
  it('is nothing of a quiet domain', () => expect(attention(row(), '2026-05-31')).toEqual([]));
  it('is silence', () => expect(attention(row({ last_report: '2026-05-20' }), '2026-05-31')).toEqual(['No reports since 2026-05-20']));
  it('is mail that fails, from two in a hundred', () => {
    expect(attention(row({ failing: 19 }), undefined)).toEqual([]);
    expect(attention(row({ failing: 20 }), undefined)).toEqual(['2 % fails']);
  });
  it('is not the abuse of a parked domain, but its policy', () => {
    expect(attention(row({ pile: 'non_sending', policy: 'reject', failing: 900 }), undefined)).toEqual([]);
    expect(attention(row({ pile: 'non_sending', failing: 900 }), undefined)).toEqual(['Sends no mail: p=reject at once']);
  });
  it('is SPF alone under reject', () => expect(attention(row({ policy: 'reject', only_spf: 50 }), undefined)).toEqual(['5 % relies on SPF alone']));
  it('is good news too', () =>
    expect(attention(row(), undefined, { ready: 'ready', next_step: 'p=quarantine; t=y' } as Route)).toEqual(['Ready for p=quarantine; t=y']));
  it('knows parked ones by what their owner says first', () => {
    const piles = { piles: [{ domain: 'example.com', pile: 'non_sending' }] } as Parameters<typeof isParked>[1];
    expect([isParked(row(), piles), isParked(row({ pile: 'non_sending' })), isParked(row())]).toEqual([true, true, false]);
  });
});

describe('bars', () => {
  it('has five parts, and the sixth only where it is needed', () => {
    const parts = ['passed_under_enforcement', 'rejected', 'unknown'].map((part) => ({ part: part as 'rejected', heading: '', messages: part === 'unknown' ? 0 : 5 }));
    expect(piecesOf({ parts, messages: 10 }).map((each) => [each.key, each.share])).toEqual([
      ['passed_under_enforcement', 0.5],
      ['rejected', 0.5],
    ]);
  });
  it('is told in words', () => {
    expect(inWords(piecesByClass({ own: 3, abuse: 1 }, 4))).toBe('Own: 75 %, Abuse: 25 %');
    expect(inWords(piecesByClass({}, 0))).toBe('no messages');
    expect(inWords(piecesOfCounts({ messages: 2, both: 1, only_dkim: 0, only_spf: 0, none: 1 }))).toBe('SPF and DKIM: 50 %, Neither: 50 %');
  });
});

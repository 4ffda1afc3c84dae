import { describe, expect, it } from 'vitest';
import { addDays, compact, countOf, daysBetween, instant, percent, plain, shareOf, visible } from './format';

describe('numbers', () => {
  it.each([
    [0, '0 %'],
    [1, '100 %'],
    [0.5, '50 %'],
    [0.123, '12.3 %'],
    [0.0001, '<0.1 %'],
    [0.99999, '>99.9 %'],
    [undefined, '–'],
    [null, '–'],
    [NaN, '–'],
  ])('percent of %s', (share, text) => expect(percent(share)).toBe(text));
  it('of nothing there is no share', () => expect(shareOf(0, 0)).toBe('–'));
  it('says one message and two messages', () => expect([countOf(1, 'message'), countOf(1234, 'message')]).toEqual(['1 message', '1,234 messages']));
  it('shortens what is long', () => expect([compact(9999), compact(12_345)]).toEqual(['9,999', '12.3K']));
});

describe('days', () => {
  it('goes over the ends of months', () => expect(addDays('2026-02-28', 1)).toBe('2026-03-01'));
  it('counts without summer time', () => expect(daysBetween('2026-03-01', '2026-04-01')).toBe(31));
  it('leaves what is no day', () => expect(addDays('never', 1)).toBe('never'));
  it('tells instants in UTC', () => expect([instant('2026-05-01T08:09:10Z'), instant(null), instant('2026-05-01')]).toEqual(['2026-05-01 08:09 UTC', '–', '2026-05-01']));
});

describe('text of strangers', () => {
  it('shows what turns text round', () => expect(visible('\u202egpj.exe\u202c')).toBe('‹U+202E›gpj.exe‹U+202C›'));
  it('shows control characters and what has no width', () => expect(visible('a\u0000b\u200bc\ufeff')).toBe('a‹U+0000›b‹U+200B›c‹U+FEFF›'));
  it('leaves other scripts and line ends', () => expect(visible('שלום пример\n\té')).toBe('שלום пример\n\té'));
  it('makes words of codes', () => expect(plain('let_through_by_override')).toBe('let through by override'));
});

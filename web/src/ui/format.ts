/** Values as people read them. Numbers with thin spaces would not copy well: thousands are separated by commas. */
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export const count = (value: number): string => whole.format(value);
export const compact = (value: number): string => (value < 10_000 ? whole.format(value) : short.format(value));

/** "1 message", "2 messages". */
export const countOf = (value: number, what: string): string => `${count(value)} ${what}${value === 1 ? '' : 's'}`;

/** "12.3 %"; never 0 or 100 for what is neither; "–" of nothing. */
export function percent(share: number | undefined | null): string {
  if (share === undefined || share === null || Number.isNaN(share)) return '–';
  if (share > 0 && share < 0.001) return '<0.1 %';
  if (share < 1 && share > 0.999) return '>99.9 %';
  const text = (share * 100).toFixed(1);
  return (text.endsWith('.0') ? text.slice(0, -2) : text) + ' %';
}

export const shareOf = (part: number, all: number): string => percent(all > 0 ? part / all : null);

/** "2026-05-01 08:00 UTC" of an instant; a day stays as it is. */
export function instant(text: string | null | undefined): string {
  if (!text) return '–';
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? `${text.slice(0, 10)} ${text.slice(11, 16)} UTC` : text;
}

export const day = (text: string | null | undefined): string => (text ? text.slice(0, 10) : '–');

/** The day so many days later. */
export function addDays(from: string, days: number): string {
  const at = Date.parse(from + 'T00:00:00Z');
  return Number.isNaN(at) ? from : new Date(at + days * 86_400_000).toISOString().slice(0, 10);
}

export const daysBetween = (from: string, until: string): number =>
  Math.round((Date.parse(until + 'T00:00:00Z') - Date.parse(from + 'T00:00:00Z')) / 86_400_000);

/** "passed_under_enforcement" → "passed under enforcement". */
export const plain = (word: string | undefined | null): string => (word ?? '').replaceAll('_', ' ');

const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

/** Text of a stranger, with characters that hide or turn others round made visible: "‹U+202E›gpj.exe". */
export const visible = (text: string): string =>
  text.replace(hidden, (one) => `‹U+${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}›`);

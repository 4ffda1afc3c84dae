/** What DataTable shows: plain functions of rows, so that sorting and export are tested without a page. */
import type { Snippet } from 'svelte';
import type { TermName } from './terms';
import { compact, count, percent } from './format';

export type CellValue = string | number | boolean | null | undefined | string[];
export interface Column<R> {
  key: string;
  heading: string;
  /** For sorting, copying and export; also what is shown where there is no snippet. */
  value: (row: R) => CellValue;
  kind?: 'text' | 'number' | 'share' | 'compact';
  term?: TermName;
  cell?: Snippet<[R]>;
  /** Left out of narrow windows: what a phone can do without. */
  wide?: boolean;
  /** Not shown, but copied and exported. */
  hidden?: boolean;
  /** Texts of strangers and names may break anywhere; short words should not. */
  keep?: boolean;
}
export interface Order {
  key: string;
  down: boolean;
}

const rank = (value: CellValue): string | number => {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (Array.isArray(value)) return value.join(' ').toLowerCase();
  return typeof value === 'string' ? value.toLowerCase() : value;
};

/** Stable; what is absent stands last in both directions. */
export function sorted<R>(rows: R[], columns: Column<R>[], order: Order | null): R[] {
  const column = columns.find((each) => each.key === order?.key);
  if (!column || !order) return rows;
  const sign = order.down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [rank(column.value(a)), rank(column.value(b))];
    if (x === y) return 0;
    if (x === '') return 1;
    if (y === '') return -1;
    if (typeof x === 'number' && typeof y === 'number') return sign * (x - y);
    return sign * String(x).localeCompare(String(y), 'en', { numeric: true });
  });
}

export const readOrder = (text: string): Order | null =>
  text ? { key: text.replace(/^-/, ''), down: text.startsWith('-') } : null;
export const writeOrder = (order: Order | null): string => (order ? (order.down ? '-' : '') + order.key : '');

/** The next order when a heading is used: numbers begin with the greatest, texts with a. */
export function turned<R>(column: Column<R>, order: Order | null): Order {
  const numeric = column.kind !== undefined && column.kind !== 'text';
  return order?.key === column.key ? { key: column.key, down: !order.down } : { key: column.key, down: numeric };
}

export function shown(value: CellValue, kind: Column<unknown>['kind']): string {
  if (value === null || value === undefined || value === '') return '–';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value === 'number') return kind === 'share' ? percent(value) : kind === 'compact' ? compact(value) : count(value);
  return value;
}

export const exported = <R>(rows: R[], columns: Column<R>[]): unknown[][] => [
  columns.map((each) => each.heading),
  ...rows.map((row) => columns.map((each) => each.value(row))),
];

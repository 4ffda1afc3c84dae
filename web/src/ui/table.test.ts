import { describe, expect, it } from 'vitest';
import { toCsv, toTabs } from './csv';
import { type Column, exported, readOrder, shown, sorted, turned, writeOrder } from './table';

interface Row {
  name: string;
  count: number | null;
}
const columns: Column<Row>[] = [
  { key: 'name', heading: 'Name', value: (row) => row.name },
  { key: 'count', heading: 'Count', value: (row) => row.count, kind: 'number' },
];
const rows: Row[] = [
  { name: 'b10', count: 2 },
  { name: 'b9', count: null },
  { name: 'A', count: 10 },
];
const names = (order: string): string => sorted(rows, columns, readOrder(order)).map((row) => row.name).join(' ');

describe('sorting', () => {
  it('takes numbers in texts as numbers, and no heed of case', () => expect(names('name')).toBe('A b9 b10'));
  it('puts what is absent last, up and down', () => expect([names('count'), names('-count')]).toEqual(['b10 A b9', 'A b10 b9']));
  it('leaves the order where the column is unknown', () => expect(names('other')).toBe('b10 b9 A'));
  it('does not change what it is given', () => {
    sorted(rows, columns, { key: 'name', down: false });
    expect(rows[0]?.name).toBe('b10');
  });
  it('begins with the greatest number and the first text', () => {
    expect(turned(columns[1] as Column<Row>, null)).toEqual({ key: 'count', down: true });
    expect(turned(columns[0] as Column<Row>, null)).toEqual({ key: 'name', down: false });
    expect(turned(columns[0] as Column<Row>, { key: 'name', down: false })).toEqual({ key: 'name', down: true });
  });
  it('is written and read', () => expect(['', '-count', 'name'].map((each) => writeOrder(readOrder(each)))).toEqual(['', '-count', 'name']));
});

describe('taking a table elsewhere', () => {
  it('writes CSV', () => expect(toCsv(exported(rows, columns))).toBe('Name,Count\r\nb10,2\r\nb9,\r\nA,10\r\n'));
  it('disarms formulas, and not numbers', () =>
    expect(toCsv([['=cmd()', '+1', '-5', '@x', '-x']])).toBe("'=cmd(),'+1,-5,'@x,'-x\r\n"));
  it('quotes', () => expect(toCsv([['a,b', 'say "x"', 'l\nm', ['p', 'q']]])).toBe('"a,b","say ""x""","l\nm",p; q\r\n'));
  it('joins by tabs', () => expect(toTabs([['a\tb', 1]])).toBe('a b\t1'));
  it('shows values', () => expect([shown(null, 'text'), shown(true, 'text'), shown(0.25, 'share'), shown([], 'text')]).toEqual(['–', 'yes', '25 %', '']));
});

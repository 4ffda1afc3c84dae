/** A table as text to take elsewhere. */
const guarded = (text: string): string => (/^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? "'" + text : text);

const field = (value: unknown): string => {
  const text = guarded(value === null || value === undefined ? '' : Array.isArray(value) ? value.join('; ') : String(value));
  return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
};

/** RFC 4180; a text that a spreadsheet would take for a formula gets a ' before it. */
export const toCsv = (rows: unknown[][]): string => rows.map((row) => row.map(field).join(',')).join('\r\n') + '\r\n';

/** Columns by tabs, as spreadsheets paste them. */
export const toTabs = (rows: unknown[][]): string =>
  rows.map((row) => row.map((value) => guarded(Array.isArray(value) ? value.join('; ') : String(value ?? '')).replace(/[\t\r\n]+/g, ' ')).join('\t')).join('\n');

export const download = (name: string, content: string): void => save(name, new Blob([content], { type: 'text/csv;charset=utf-8' }));

export function save(name: string, octets: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(octets);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

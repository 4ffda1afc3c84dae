import type { Source, Sources } from '../api/show';

const addressLike = /^[0-9a-f:.]+$/i;

/** What a row of the sources is. */
export function level(row: Source): string {
  if (row.name.includes('/') && !row.name.includes(' ')) return 'A network';
  if (addressLike.test(row.name) && /[.:]/.test(row.name) && !/[g-z]/i.test(row.name)) return 'An address';
  if (row.name.startsWith('network ')) return 'A network of which nothing else is known';
  if (row.name.startsWith('selector ')) return 'Mail signed by a key of your own';
  if (row.name.startsWith('envelope ')) return 'Mail that an SPF record of your own lets in';
  return row.service_kind ? `A service (${row.service_kind.replaceAll('_', ' ')})` : 'A service';
}

/** Whether an address belongs to the source named: itself, or its network or service by what the sources say. */
export function covers(all: Sources, name: string, address: string): boolean {
  if (address === name) return true;
  const row = all.by_address.find((each) => each.name === address);
  if (!row) return false;
  if (row.service === name) return true;
  const stem = name.replace(/^network /, '');
  if (!stem.includes('/')) return false;
  const [start = ''] = stem.split('/');
  const prefix = stem.includes(':') ? start.replace(/::?$/, '') : start.split('.').slice(0, 3).join('.') + '.';
  return address.startsWith(prefix);
}

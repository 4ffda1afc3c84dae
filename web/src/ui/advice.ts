/** Sentences of the server name commands of the terminal; here they become links to the page that shows the same. */
import type { Given } from './place';
import { to } from './place';

export interface Said {
  text: string;
  href?: string;
}

const pages: Record<string, { name: string; of: (domain: string) => string }> = {
  sources: { name: 'Sources', of: (domain) => to(['domains', domain], { part: 'sources' }) },
  volume: { name: 'Volume', of: (domain) => to(['domains', domain], { part: 'volume' }) },
  unauthenticated: { name: 'What fails', of: (domain) => to(['domains', domain], { part: 'problems' }) },
  unaligned: { name: 'How to repair it', of: (domain) => to(['domains', domain], { part: 'problems' }) },
  who: { name: 'Unknown sources', of: (domain) => to(['domains', domain, 'unknown']) },
  newcomers: { name: 'Newcomers', of: (domain) => to(['newcomers'], { domain }) },
  gaps: { name: 'What was let through', of: (domain) => to(['domains', domain], { part: 'overrides' }) },
  overrides: { name: 'Overrides', of: (domain) => to(['domains', domain], { part: 'overrides' }) },
  readiness: { name: 'The path to enforcement', of: (domain) => to(['domains', domain], { part: 'path' }) },
  route: { name: 'The path to enforcement', of: (domain) => to(['domains', domain], { part: 'path' }) },
  whatif: { name: 'What if', of: (domain) => to(['domains', domain], { whatif: 'reject' } as Given) },
  ladder: { name: 'Why no reports come', of: (domain) => to(['health'], { domain }) },
  reporters: { name: 'Reporters', of: (domain) => to(['domains', domain], { part: 'reporters' }) },
  failures: { name: 'Failure reports', of: (domain) => to(['failures'], { domain }) },
  domains: { name: 'Overview', of: () => to([]) },
  split: { name: 'The domain', of: (domain) => to(['domains', domain]) },
  cube: { name: 'The domain', of: (domain) => to(['domains', domain]) },
};

const command = /assay (show|mark|intake) ?([a-z]+)?((?: (?:--[a-z-]+|[A-Za-z0-9._-]*[A-Za-z0-9]))*)/g;

/** "See …: assay show who example.com --reverse 20" → "See …: ", a link "Unknown sources". */
export function said(sentence: string, domain: string): Said[] {
  const pieces: Said[] = [];
  let done = 0;
  for (const found of sentence.matchAll(command)) {
    const [whole, verb, word = '', rest = ''] = found;
    const named = rest.split(' ').find((each) => each.includes('.') && !each.startsWith('-')) ?? domain;
    let link: Said | null = null;
    const page = pages[word];
    if (verb === 'show' && page && (named || word === 'domains')) link = { text: page.name, href: page.of(named) };
    if (verb === 'mark') link = { text: 'mark it', href: to(['settings', 'marks'], { domain: named }) };
    if (verb === 'intake') link = { text: 'Reports', href: to(['reports']) };
    if (!link) continue;
    if (found.index > done) pieces.push({ text: sentence.slice(done, found.index) });
    pieces.push(link);
    done = found.index + whole.length;
  }
  if (done < sentence.length) pieces.push({ text: sentence.slice(done) });
  return pieces;
}

import { describe, expect, it } from 'vitest';
import { changed, readPlace, to } from './place';
import { said } from './advice';
import { nameOf } from '../pages/pages';

describe('places', () => {
  it('reads the link of the first visit', () => {
    const place = readPlace('#/setup?token=abc');
    expect([place.path, place.query.get('token')]).toEqual([['setup'], 'abc']);
  });
  it('is a twin of writing, whatever a source is called', () => {
    for (const name of ['network 192.0.2.0/24', 'a?b#c&d=e', '100%', '<script>', '\u202e', 'ü']) expect(readPlace(to(['domains', name], { part: name })).path).toEqual(['domains', name]);
  });
  it('survives what somebody typed', () => expect(readPlace('#/domains/%zz?x').path).toEqual(['domains', '%zz']));
  it('leaves out what is empty', () => expect(to([], { a: '', b: null, c: false, d: true, e: 0 })).toBe('#/?d=1&e=0'));
  it('changes a part of the query', () => expect(changed(new URLSearchParams('a=1&b=2'), { b: null, c: 3 })).toEqual({ a: '1', b: null, c: 3 }));
  it.each([
    [[], ''],
    [['domains'], ''],
    [['domains', 'example.com'], 'domains'],
    [['domains', 'example.com', 'source', 'x'], 'source'],
    [['reports', '1'], 'report'],
    [['report'], 'missing'],
    [['toString'], 'missing'],
    [['nowhere'], 'missing'],
  ])('%j is the page "%s"', (path, name) => expect(nameOf(path)).toBe(name));
});

describe('advice of the server', () => {
  it('becomes a link', () =>
    expect(said('See who the unknown sources are: assay show who example.com --reverse 20', '')).toEqual([
      { text: 'See who the unknown sources are: ' },
      { text: 'Unknown sources', href: '#/domains/example.com/unknown' },
    ]));
  it('goes on after the command', () =>
    expect(said('Take some in with assay intake add, and see why none come with assay show ladder DOMAIN.', 'example.org').map((each) => each.text).join('')).toBe(
      'Take some in with Reports, and see why none come with Why no reports come.',
    ));
  it('is left alone where there is no page', () => expect(said('Read RFC 9989.', '')).toEqual([{ text: 'Read RFC 9989.' }]));
});

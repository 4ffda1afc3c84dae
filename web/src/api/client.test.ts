import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiError, address, forgetAnswers, get, onSignedOut, send, show, useCsrf } from './client';
import { mismatches, list, number, object, optional, text, words } from './shape';

const answer = (status: number, body: string, headers: Record<string, string> = {}) => new Response(status === 204 ? null : body, { status, headers });
const asked: { url: string; init: RequestInit }[] = [];
const serve = (...answers: Response[]) =>
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    asked.push({ url, init });
    return Promise.resolve(answers.shift() ?? answer(500, ''));
  });
afterEach(() => {
  vi.unstubAllGlobals();
  asked.length = 0;
  forgetAnswers();
});
const failure = async (promise: Promise<unknown>): Promise<ApiError> => {
  try {
    await promise;
  } catch (error) {
    return error as ApiError;
  }
  throw new Error('did not fail');
};

describe('asking', () => {
  it('writes addresses', () => expect(address('/show/split', { domain: 'a&b', from: '', to: null, t: true, n: 0 })).toBe('/api/v1/show/split?domain=a%26b&t=1&n=0'));
  it('takes the words of the server', async () => {
    serve(answer(429, '{"error":{"code":"too_many_tries","what":"Wait"}}', { 'retry-after': '30' }));
    const error = await failure(get('/x'));
    expect([error.status, error.code, error.message, error.retryAfter]).toEqual([429, 'too_many_tries', 'Wait', 30]);
  });
  it('has words where a proxy answers', async () => {
    serve(answer(502, '<html>'));
    expect((await failure(get('/x'))).message).toContain('502');
  });
  it('says that nobody answers', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('x')));
    expect((await failure(get('/x'))).code).toBe('unreachable');
  });
  it('tells that the session is over', async () => {
    const told = vi.fn();
    onSignedOut(told);
    serve(answer(401, '{"error":{"code":"not_signed_in","what":"x"}}'));
    await failure(get('/x'));
    expect(told).toHaveBeenCalledOnce();
  });
  it('sends the CSRF value with every change', async () => {
    useCsrf('abc');
    serve(answer(204, ''));
    expect(await send('DELETE', '/session')).toBeUndefined();
    expect((asked[0]?.init.headers as Record<string, string>)['x-assay-csrf']).toBe('abc');
  });
  it('remembers answers until something is changed, and no failures', async () => {
    serve(answer(500, ''), answer(200, '{"a":1}'), answer(204, ''), answer(200, '{"a":2}'));
    await failure(show('split', { domain: 'example.com' }));
    await show('split', { domain: 'example.com' });
    await show('split', { domain: 'example.com' });
    expect(asked.length).toBe(2);
    await send('POST', '/marks', {});
    expect(await show('split', { domain: 'example.com' })).toEqual({ a: 2 });
  });
});

describe('shapes', () => {
  const shape = object({ name: text, count: optional(number), kinds: list(words('a', 'b')) });
  it('agree', () => expect(mismatches(shape, { name: 'x', kinds: ['a'] })).toEqual([]));
  it('tell where not', () =>
    expect(mismatches(shape, { name: 1, kinds: ['c'], more: 1 })).toEqual(['.name is number, not a string', '.kinds[0] is "c", not one of a, b', '.more is not in the shape']));
  it('tell what is missing', () => expect(mismatches(shape, {})).toEqual(['.name is undefined, not a string', '.kinds is undefined, not a list']));
});

/** The only place that talks to the server. Errors of every kind arrive as ApiError. */
import type { Answer, Overview, Question } from './show';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    what: string,
    readonly retryAfter: number | null = null,
  ) {
    super(what);
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

/** "/api/v1/reports?domain=example.com"; what is empty, false or absent is left out, true is 1. */
export function address(path: string, query: Query = {}): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '' || value === false) continue;
    given.set(name, value === true ? '1' : String(value));
  }
  const text = given.toString();
  return '/api/v1' + path + (text ? '?' + text : '');
}

/** What the server says of a failure, or what its status means where it says nothing that can be read. */
export async function failureOf(answer: Response): Promise<ApiError> {
  const wait = Number(answer.headers.get('retry-after')) || null;
  try {
    const told = (await answer.json()) as { error?: { code?: string; what?: string } };
    if (told.error?.what) return new ApiError(answer.status, told.error.code ?? 'error', told.error.what, wait);
  } catch {
    // Not JSON: a proxy in between, perhaps.
  }
  return new ApiError(answer.status, 'status', `The server answered with status ${answer.status} and without a reason.`, wait);
}

let csrf = '';
let whenSignedOut: () => void = () => {};
const answers = new Map<string, { at: number; value: Promise<unknown> }>();
const freshFor = 60_000; // milliseconds

export function useCsrf(value: string): void {
  csrf = value;
}
export function onSignedOut(told: () => void): void {
  whenSignedOut = told;
}
/** Forgets what was answered before: after a change, and when somebody else signs in. */
export function forgetAnswers(): void {
  answers.clear();
}

async function ask(input: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(input, { credentials: 'same-origin', ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'unreachable', 'The server cannot be reached. Is it running, and is the network up?');
  }
  if (answer.ok) return answer;
  const failure = await failureOf(answer);
  if (failure.code === 'not_signed_in') whenSignedOut();
  throw failure;
}

export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  const answer = await ask(address(path, query), { headers: { accept: 'application/json' }, ...(signal ? { signal } : {}) });
  return (await answer.json()) as T;
}

/** Octets with the name under which they are to be kept. */
export async function getFile(path: string): Promise<{ name: string; octets: Blob }> {
  const answer = await ask(address(path), {});
  const name = /filename="([^"]+)"/.exec(answer.headers.get('content-disposition') ?? '')?.[1] ?? 'report';
  return { name, octets: await answer.blob() };
}

async function change<T>(method: string, input: string, body: BodyInit | null, kind: string | null): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json', 'x-assay-csrf': csrf };
  if (kind) headers['content-type'] = kind;
  const answer = await ask(input, { method, headers, body });
  forgetAnswers();
  const text = await answer.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export function send<T = void>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T> {
  return change<T>(method, address(path), body === undefined ? null : JSON.stringify(body), body === undefined ? null : 'application/json');
}

export function sendOctets<T>(path: string, query: Query, body: Blob): Promise<T> {
  return change<T>('POST', address(path, query), body, 'application/octet-stream');
}

/** Remembered for a minute: going back and forth between pages asks nothing again. */
function remembered<T>(path: string, query: Query): Promise<T> {
  const key = address(path, query);
  const known = answers.get(key);
  if (known && Date.now() - known.at < freshFor) return known.value as Promise<T>;
  const value = get<T>(path, query);
  answers.set(key, { at: Date.now(), value });
  value.catch(() => answers.delete(key));
  return value;
}

/** An answer of `assay show`. */
export const show = <Q extends Question>(question: Q, query: Query = {}): Promise<Answer<Q>> => remembered<Answer<Q>>('/show/' + question, query);

/** What rows of the table of domains need beside it, of all of them at once. */
export const overview = (domains: string[], query: Query): Promise<Overview> => remembered<Overview>('/overview', { ...query, domains: domains.join(',') });

export const csvAddress = (question: Question, query: Query = {}): string => address(`/show/${question}.csv`, query);

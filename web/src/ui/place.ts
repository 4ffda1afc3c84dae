/**
 * Addresses inside the pages. They stand after the #, so that any server of files serves them, and the setup token of the
 * first visit (`/#/setup?token=…`) is never sent where a proxy could log it.
 */
export interface Place {
  /** Decoded: ["domains", "example.com", "source", "network 192.0.2.0/24"]. Empty for the overview. */
  path: string[];
  query: URLSearchParams;
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a broken % escape, as somebody typed it
  }
};

export function readPlace(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#/, '').split(/\?(.*)/s);
  return { path: path.split('/').filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

export type Given = Record<string, string | number | boolean | null | undefined>;

/** "#/domains/example.com?from=2026-05-01" */
export function to(path: string[], query: Given = {}): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '' && value !== false) given.set(name, value === true ? '1' : String(value));
  }
  const text = given.toString();
  return '#/' + path.map(encodeURIComponent).join('/') + (text ? '?' + text : '');
}

/** The same query with some values put or taken away (null). */
export function changed(query: URLSearchParams, changes: Given): Given {
  const all: Given = Object.fromEntries(query);
  return { ...all, ...changes };
}

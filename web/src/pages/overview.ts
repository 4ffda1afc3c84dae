const most = 50;
const longest = 4_000; // characters of a query; the server reads 8 KiB

/** Names of domains as they are asked for together: mostly all at once. Names that no query could hold are left out. */
export function batches(names: string[]): string[][] {
  const all: string[][] = [];
  let length = longest;
  for (const name of names) {
    const size = encodeURIComponent(name).length + 3;
    if (size > longest || name.includes(',')) continue;
    const last = all.at(-1);
    if (!last || last.length === most || length + size > longest) {
      all.push([name]);
      length = size;
    } else {
      last.push(name);
      length += size;
    }
  }
  return all;
}

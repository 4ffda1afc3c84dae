/**
 * Shapes of JSON values, from which both the types and the checks of the contract come: `Infer<typeof shape>` is the
 * type, `mismatches(shape, value)` says where a value differs. The pages trust the server and use the types alone; the
 * tests hold the examples of ../../../api/examples against the shapes.
 */
export type Shape =
  | { kind: 'string' | 'number' | 'boolean' | 'any' }
  | { kind: 'words'; words: readonly string[] }
  | { kind: 'list'; of: Shape }
  | { kind: 'map'; of: Shape }
  | { kind: 'optional'; of: Shape }
  | { kind: 'nullable'; of: Shape }
  | { kind: 'object'; members: Record<string, Shape> };

export const text = { kind: 'string' } as const;
export const number = { kind: 'number' } as const;
export const truth = { kind: 'boolean' } as const;
export const any = { kind: 'any' } as const;
export const words = <const W extends readonly string[]>(...words: W) => ({ kind: 'words', words }) as const;
export const list = <S extends Shape>(of: S) => ({ kind: 'list', of }) as const;
export const map = <S extends Shape>(of: S) => ({ kind: 'map', of }) as const;
export const optional = <S extends Shape>(of: S) => ({ kind: 'optional', of }) as const;
export const nullable = <S extends Shape>(of: S) => ({ kind: 'nullable', of }) as const;
export const object = <const M extends Record<string, Shape>>(members: M) => ({ kind: 'object', members }) as const;

type OptionalKeys<M> = { [K in keyof M]: M[K] extends { kind: 'optional' } ? K : never }[keyof M];
type Flat<T> = { [K in keyof T]: T[K] };

export type Infer<S> = S extends { kind: 'string' }
  ? string
  : S extends { kind: 'number' }
    ? number
    : S extends { kind: 'boolean' }
      ? boolean
      : S extends { kind: 'any' }
        ? unknown
        : S extends { kind: 'words'; words: readonly (infer W)[] }
          ? W
          : S extends { kind: 'list'; of: infer O }
            ? Infer<O>[]
            : S extends { kind: 'map'; of: infer O }
              ? Record<string, Infer<O>>
              : S extends { kind: 'optional'; of: infer O }
                ? Infer<O> | undefined
                : S extends { kind: 'nullable'; of: infer O }
                  ? Infer<O> | null
                  : S extends { kind: 'object'; members: infer M }
                    ? Flat<
                        { -readonly [K in Exclude<keyof M, OptionalKeys<M>>]: Infer<M[K]> } & {
                          -readonly [K in OptionalKeys<M>]?: Infer<M[K]>;
                        }
                      >
                    : never;

const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value === 'object' ? 'object' : typeof value;

/** Where `value` differs from `shape`, one line each; members that the shape does not know are told too. */
export function mismatches(shape: Shape, value: unknown, at = ''): string[] {
  const here = at || 'value';
  switch (shape.kind) {
    case 'any':
      return [];
    case 'optional':
      return value === undefined ? [] : mismatches(shape.of, value, at);
    case 'nullable':
      return value === null ? [] : mismatches(shape.of, value, at);
    case 'words':
      return typeof value === 'string' && shape.words.includes(value)
        ? []
        : [`${here} is ${JSON.stringify(value)}, not one of ${shape.words.join(', ')}`];
    case 'list':
      if (!Array.isArray(value)) return [`${here} is ${kindOf(value)}, not a list`];
      return value.flatMap((each, i) => mismatches(shape.of, each, `${at}[${i}]`));
    case 'map':
      if (kindOf(value) !== 'object') return [`${here} is ${kindOf(value)}, not an object`];
      return Object.entries(value as object).flatMap(([key, each]) => mismatches(shape.of, each, `${at}.${key}`));
    case 'object': {
      if (kindOf(value) !== 'object') return [`${here} is ${kindOf(value)}, not an object`];
      const found = value as Record<string, unknown>;
      const known = Object.entries(shape.members).flatMap(([key, each]) => mismatches(each, found[key], `${at}.${key}`));
      const strange = Object.keys(found).filter((key) => !(key in shape.members));
      return [...known, ...strange.map((key) => `${at}.${key} is not in the shape`)];
    }
    default:
      return kindOf(value) === shape.kind ? [] : [`${here} is ${kindOf(value)}, not a ${shape.kind}`];
  }
}

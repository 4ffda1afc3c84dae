/** Which page stands at which place. */
import type { Component } from 'svelte';

interface Entry {
  name: string;
  load: () => Promise<{ default: Component }>;
}

const entries: Record<string, () => Promise<{ default: Component }>> = {
  '': () => import('./Overview.svelte'),
  setup: () => import('./Overview.svelte'),
  domains: () => import('./Domain.svelte'),
  source: () => import('./Source.svelte'),
  unknown: () => import('./Unknown.svelte'),
  newcomers: () => import('./Newcomers.svelte'),
  reports: () => import('./Reports.svelte'),
  report: () => import('./Report.svelte'),
  failures: () => import('./Failures.svelte'),
  tls: () => import('./Tls.svelte'),
  alerts: () => import('./Alerts.svelte'),
  health: () => import('./Health.svelte'),
  received: () => import('./Received.svelte'),
  explain: () => import('./Explain.svelte'),
  settings: () => import('./Settings.svelte'),
  missing: () => import('./Missing.svelte'),
};

/** "#/domains/example.com/source/…" → the page "source". */
export function nameOf(path: string[]): string {
  const [first = '', second, third] = path;
  if (first === 'domains' && !second) return '';
  if (first === 'domains' && (third === 'source' || third === 'unknown')) return third;
  if (first === 'reports' && second) return 'report';
  const own = ['report', 'source', 'unknown', 'missing'];
  return Object.hasOwn(entries, first) && !own.includes(first) ? first : 'missing';
}

export function pageOf(path: string[]): Entry {
  const name = nameOf(path);
  return { name, load: entries[name] ?? (() => import('./Missing.svelte')) };
}

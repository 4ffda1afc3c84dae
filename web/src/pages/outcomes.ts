import type { Outcome } from '../api/values';

/** What became of a report that was taken in, in a sentence of the server or one made of what it gives. */
export function said(outcome: Outcome): string {
  const told = outcome as Outcome & Record<string, unknown>;
  const first = [told.what, told.reason, told.standing_reason].find((each): each is string => typeof each === 'string' && each !== '');
  const domain = typeof told.policy_domain === 'string' ? told.policy_domain : '';
  const reporter = typeof told.reporter === 'string' ? told.reporter : '';
  const about = domain ? `${domain}${reporter ? ` by ${reporter}` : ''}` : '';
  return [about, first].filter(Boolean).join(': ');
}

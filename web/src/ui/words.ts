/** Words of the server as people say them, and how good or bad they are. */
import type { DomainRow, Piles, Route } from '../api/show';
import { daysBetween, percent } from './format';

export type Tone = '' | 'good' | 'warn' | 'bad';
export const piles: Record<string, string> = {
  non_sending: 'Sends no mail',
  transactional: 'Transactional',
  users: 'Users write',
  mixed: 'Users and machines',
};
export const pileName = (pile: string | undefined): string => piles[pile ?? ''] ?? 'Not known yet';

export const ready: Record<string, { text: string; tone: Tone }> = {
  ready: { text: 'Ready for the next step', tone: 'good' },
  not_ready: { text: 'Not ready yet', tone: 'warn' },
  not_known: { text: 'Not known', tone: '' },
  at_end: { text: 'At the end of its way', tone: 'good' },
};

export const policyName = (policy: string | undefined, testMode = false): string => (policy ? `p=${policy}` : 'none found') + (testMode ? '; t=y' : '');

export const levels: Record<string, Tone> = {
  ok: 'good', yes: 'good', pass: 'good', genuine: 'good', counted: 'good', added: 'good',
  broken: 'bad', no: 'bad', fail: 'bad', forged: 'bad', refused: 'bad', trouble: 'bad', urgent: 'bad', error: 'bad',
  waiting: 'warn', unverified: 'warn', set_aside: 'warn', warning: 'warn', not_ready: 'warn', softfail: 'warn', temperror: 'warn', permerror: 'warn',
};
export const tone = (word: string | undefined): Tone => levels[word ?? ''] ?? '';

/** What of a domain needs a look, the most pressing first; empty where nothing does. */
export function attention(row: DomainRow, through: string | undefined, route?: Route): string[] {
  const found: string[] = [];
  const share = row.messages > 0 ? row.failing / row.messages : 0;
  const parked = row.pile === 'non_sending';
  if (row.last_report && through && daysBetween(row.last_report, through) > 3) found.push(`No reports since ${row.last_report}`);
  if (!row.policy) found.push('No policy was found');
  if (parked && row.policy && row.policy !== 'reject') found.push(`Sends no mail: p=reject at once`);
  if (!parked && row.failing > 0 && share >= 0.02) found.push(`${percent(share)} fails`);
  if (row.policy === 'reject' && row.messages > 0 && row.only_spf / row.messages > 0.01)
    found.push(`${percent(row.only_spf / row.messages)} relies on SPF alone`);
  if (route?.ready === 'ready' && route.next_step) found.push(`Ready for ${route.next_step}`);
  return found;
}

export const isParked = (row: DomainRow, all?: Piles): boolean =>
  (all?.piles.find((each) => each.domain === row.domain)?.pile ?? row.pile) === 'non_sending';

export const knownBy: Record<string, string> = {
  dkim: 'its DKIM signature',
  spf: 'its SPF domain',
  name: 'its confirmed reverse name',
  nothing: 'its addresses alone',
  mark: 'your mark',
};

export const criteria: Record<string, string> = {
  month_at_none: 'A month under p=none',
  month_at_quarantine: 'A month under p=quarantine',
  dispositions_compared: 'Dispositions compared',
  sources_seen: 'Sources were seen',
  own_sources_pass: 'Your sources pass',
  sources_confirmed: 'You confirmed who sends',
  dkim_everywhere: 'All of it is signed',
  no_list_users: 'Nobody writes to lists',
  unknown_sources_judged: 'Unknown sources are judged',
  reporters: 'Enough reporters',
  rare_senders_seen: 'Rare senders were seen',
  reports_fresh: 'Reports are fresh',
};

export const rungs: Record<string, string> = {
  record: 'There is a DMARC record',
  record_single: 'There is one record only',
  record_valid: 'The record is valid',
  rua: 'It asks for reports',
  rua_mailto: 'It names a mailbox',
  rua_authorized: 'The mailbox may take them',
  mailbox: 'Mail can reach the mailbox',
  intake: 'Reports reached this intake',
  counted: 'Reports were counted',
  first_report: 'First report',
  heartbeat: 'Reporters go on reporting',
};

export const recordNames: Record<string, string> = {
  dmarc: 'DMARC',
  spf: 'SPF',
  spf_senders: 'Senders that SPF allows',
  dkim: 'DKIM key',
  mx: 'MX',
  mta_sts: 'MTA-STS',
  tls_rpt: 'TLS-RPT',
};

export const steps: Record<string, string> = {
  store: 'Reports can be kept',
  channel: 'A way in is open',
  first_report: 'The first report came',
  data_fresh: 'Reports are fresh',
  records: 'DMARC records ask for reports',
  marks: 'You said who sends',
};

export const gapKinds: Record<string, string> = {
  override: 'The reporter gives a reason',
  test_mode: 't=y asked for less',
  served_as_quarantine: 'Reject served as quarantine',
  not_enforced: 'No reason given',
  other_policy: 'Saw another policy',
};

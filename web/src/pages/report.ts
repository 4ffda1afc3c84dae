/** What single reports tell, in words. */
import type { Failure, TlsPolicy } from '../api/values';
import { plain } from '../ui/format';

/** RFC 6591 §3.3, RFC 9991 §4. */
const failed: Record<string, string> = {
  dmarc: 'DMARC: nothing authenticated as the domain in From',
  dkim: 'DKIM',
  spf: 'SPF: the address may not send for the envelope domain',
  signature: 'DKIM: the signature did not verify',
  bodyhash: 'DKIM: the body was changed on its way',
  revoked: 'DKIM: the key was withdrawn',
  adsp: 'ADSP, which is no longer in use',
};
/** RFC 6591 §3.2.2. */
const results: Record<string, string> = {
  delivered: 'delivered',
  spam: 'put into the spam folder',
  policy: 'not delivered, by a rule of the receiver',
  reject: 'rejected',
  other: 'something else',
};
const worded = (words: Record<string, string>, word: string | undefined): string => {
  const key = (word ?? '').trim().toLowerCase();
  return Object.hasOwn(words, key) ? (words[key] ?? '') : plain(word);
};

export interface Line {
  label: string;
  text: string;
  /** As it stands in the protocol. */
  code?: boolean;
}
const lines = (all: [string, string | undefined, 'code'?][]): Line[] =>
  all.filter((each) => each[1]).map(([label, text, code]) => ({ label, text: text ?? '', ...(code ? { code: true } : {}) }));

/** The message that failed; what the reporter does not tell is left out. */
export const messageLines = (failure: Failure): Line[] =>
  lines([
    ['From', failure.from],
    ['Subject', failure.subject],
    ['Envelope sender', failure.mail_from],
    ['Recipient', failure.recipient],
    ['Message-ID', failure.message_id, 'code'],
  ]);

/** How it failed, and what was done with it. */
export const failureLines = (failure: Failure): Line[] =>
  lines([
    ['Failed', worded(failed, failure.auth_failure)],
    ['What was done', worded(results, failure.delivery_result)],
    ['Seen by', failure.reporting_mta?.replace(/^\s*dns\s*;\s*/i, '')],
    ['Identity-Alignment', failure.identity_alignment, 'code'],
    ['DKIM signer', failure.dkim_domain],
    ['DKIM selector', failure.dkim_selector, 'code'],
    ['SPF record', failure.spf_record, 'code'],
    ['Authentication-Results', failure.authentication_results, 'code'],
    ['Kind of feedback', failure.feedback_type === 'auth-failure' ? '' : failure.feedback_type, 'code'],
  ]);

/** RFC 8460 §4.2: how the sender found out that the way had to be encrypted. */
export const tlsPolicyName = (policy: TlsPolicy): string =>
  worded({ sts: 'MTA-STS', tlsa: 'DANE', 'no-policy-found': 'no policy found' }, policy.type) || 'a policy not named';

/** What the endpoints beside /show answer (api/README.md). */
import { type Infer, any, list, map, nullable, number, object, optional, text, truth, words } from './shape';

export const roles = ['viewer', 'analyst', 'administrator'] as const;
const role = words(...roles);
export type Role = (typeof roles)[number];

export const session = object({
  user: nullable(object({ name: text, role, groups: list(text), all_domains: optional(truth) })),
  setup_needed: truth,
  csrf: text,
  read_only: truth,
  version: text,
  demo: truth,
});
export type Session = Infer<typeof session>;

const finding = object({ code: text, level: text, what: text, count: optional(number), at: optional(any) });
const reportLine = {
  id: number,
  kind: words('aggregate', 'failure', 'tls'),
  standing: words('counted', 'set_aside'),
  reason: optional(text),
  of: optional(number),
  author_domain: optional(text),
  policy_domain: optional(text),
  reporter: optional(text),
  org_name: optional(text),
  email: optional(text),
  report_id: optional(text),
  begin: optional(text),
  end: optional(text),
  schema: optional(text),
  published_policy: optional(text),
  records: number,
  messages: number,
  trust: text,
  trust_reason: optional(text),
  channel: text,
  arrived: text,
  seen: number,
  has_raw: truth,
  findings: optional(list(finding)),
} as const;
export const reportRow = object(reportLine);
export type ReportRow = Infer<typeof reportRow>;
export type ReportFinding = Infer<typeof finding>;
export const reports = object({ reports: list(reportRow), next: nullable(number) });
export type Reports = Infer<typeof reports>;

const record = object({
  source_ip: text,
  count: number,
  disposition: optional(text),
  dkim: optional(text),
  spf: optional(text),
  reasons: optional(list(object({ type: text, comment: optional(text) }))),
  header_from: optional(text),
  envelope_from: optional(text),
  envelope_to: optional(text),
  dkim_results: optional(
    list(object({ domain: optional(text), selector: optional(text), result: optional(text), human_result: optional(text) })),
  ),
  spf_results: optional(list(object({ domain: optional(text), scope: optional(text), result: optional(text), human_result: optional(text) }))),
});
export type ReportRecord = Infer<typeof record>;
const tlsFailure = object({
  result_type: optional(text),
  sending_mta_ip: optional(text),
  receiving_mx_hostname: optional(text),
  receiving_mx_helo: optional(text),
  receiving_ip: optional(text),
  sessions: number,
  additional_information: optional(text),
  reason_code: optional(text),
});
export type TlsFailure = Infer<typeof tlsFailure>;
const tlsPolicy = object({
  type: optional(text),
  domain: optional(text),
  policy: optional(list(text)),
  mx_hosts: optional(list(text)),
  successful: number,
  failed: number,
  failures: list(tlsFailure),
});
export type TlsPolicy = Infer<typeof tlsPolicy>;

const failure = object({
  feedback_type: optional(text),
  auth_failure: optional(text),
  identity_alignment: optional(text),
  delivery_result: optional(text),
  source_ip: optional(text),
  reporting_mta: optional(text),
  mail_from: optional(text),
  recipient: optional(text),
  dkim_domain: optional(text),
  dkim_selector: optional(text),
  spf_record: optional(text),
  authentication_results: optional(text),
  from: optional(text),
  subject: optional(text),
  message_id: optional(text),
  urls: optional(list(text)),
  original_header: optional(text),
  incidents: number,
});
export type Failure = Infer<typeof failure>;

export const report = object({
  ...reportLine,
  report: optional(
    object({
      kind: text,
      schema: optional(text),
      version: optional(text),
      org_name: optional(text),
      email: optional(text),
      extra_contact_info: optional(text),
      generator: optional(text),
      report_id: optional(text),
      begin: optional(text),
      end: optional(text),
      errors: optional(list(text)),
      findings: optional(list(finding)),
      policy_published: optional(map(any)),
      records: optional(list(record)),
    }),
  ),
  failure: optional(failure),
  tls: optional(list(tlsPolicy)),
});
export type Report = Infer<typeof report>;

export const outcome = object({
  file: text,
  member: optional(text),
  outcome: words('added', 'set_aside', 'duplicate', 'sampled_out', 'refused'),
  reason: optional(text),
  why: optional(text),
  id: optional(number),
  of: optional(number),
  kind: optional(text),
  policy_domain: optional(text),
  reporter: optional(text),
  org_name: optional(text),
  report_id: optional(text),
  begin: optional(text),
  end: optional(text),
  records: optional(number),
  messages: optional(number),
  trust: optional(text),
  trust_reason: optional(text),
  findings: optional(list(finding)),
});
export type Outcome = Infer<typeof outcome>;

export const channel = object({ name: text, kind: text, state: words('ok', 'off', 'trouble'), what: optional(text), last: optional(nullable(text)) });
export type Channel = Infer<typeof channel>;
export const health = object({
  data_through: optional(nullable(text)),
  reports: number,
  domains: number,
  channels: list(channel),
  steps: list(object({ code: text, done: truth, what: text, fix: optional(text) })),
  intake: object({ today: number, refused: number, set_aside: number }),
});
export type Health = Infer<typeof health>;

export const alert = object({
  id: any,
  rule: text,
  domain: optional(text),
  what: text,
  since: text,
  until: optional(nullable(text)),
  severity: words('info', 'warning', 'urgent'),
  seen: truth,
});
export type Alert = Infer<typeof alert>;

export const mark = object({
  domain: text,
  service: optional(text),
  mark: optional(text),
  pile: optional(text),
  note: optional(text),
  who: optional(text),
  at: optional(text),
});
export type Mark = Infer<typeof mark>;
export const user = object({ name: text, role, groups: list(text), created: text, last_seen: optional(nullable(text)) });
export type User = Infer<typeof user>;
export const group = object({ name: text, domains: list(text) });
export type Group = Infer<typeof group>;
export const token = object({
  id: any,
  user: text,
  name: text,
  role,
  created: text,
  last_used: optional(nullable(text)),
  expires: optional(nullable(text)),
  token: optional(text),
});
export type Token = Infer<typeof token>;
export const auditEntry = object({
  id: number,
  at: text,
  user: optional(text),
  address: optional(text),
  action: text,
  object: optional(text),
  outcome: text,
});
export type AuditEntry = Infer<typeof auditEntry>;

export const aligned = object({ spf: truth, dkim: truth });
/** Only what the page shows in its own form; the words are in `text`. */
export interface Verified {
  text: string;
  dmarc?: { result: string; author_domain?: string; policy?: string; record?: string; reason?: string; aligned?: { spf: boolean; dkim: boolean } };
  spf?: { identity: string; domain?: string; result: string; reason?: string }[];
  dkim?: { domain?: string; selector?: string; result: string; algorithm?: string; key_bits?: number; reason?: string }[];
  arc?: { result: string; sealers?: string[]; reason?: string };
  decision?: { disposition: string; action: string; override?: { type: string; comment?: string }[] };
  authentication_results?: string;
}

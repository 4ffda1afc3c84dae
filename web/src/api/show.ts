/** The answers of `GET /show/QUESTION`, as `assay show QUESTION --json` writes them (docs/owner). Counts are messages. */
import { type Infer, type Shape, list, number, object, optional, text, truth, words } from './shape';

const basis = object({
  reports: number,
  reports_at_least: optional(truth),
  reporters: number,
  messages: number,
  first_day: optional(text),
  set_aside: optional(number),
});
export type Basis = Infer<typeof basis>;

const answerOn = <const B extends Shape, const M extends Record<string, Shape>>(basis: B, members: M) =>
  object({
    question: text,
    domain: optional(text),
    period: object({ from: text, to: text }),
    data_through: optional(text),
    basis,
    not_known: list(object({ code: text, what: text })),
    notes: optional(list(text)),
    next: optional(list(text)),
    ...members,
  });
const document = <const M extends Record<string, Shape>>(members: M) => answerOn(basis, members);

const counts = {
  messages: number,
  both: number,
  only_spf: number,
  only_dkim: number,
  none: number,
  unknown: number,
  delivered: number,
  quarantined: number,
  rejected: number,
} as const;

export const classes = ['own', 'approved', 'forwarder', 'unknown', 'abuse'] as const;
export type Class = (typeof classes)[number];
export const sourceClass = words('own', 'approved', 'forwarder', 'unknown', 'abuse', 'blocked');
export const parts = [
  'passed_under_enforcement',
  'delivered_without_enforcement',
  'let_through_by_override',
  'quarantined',
  'rejected',
  'unknown',
] as const;
export type Part = (typeof parts)[number];

export const split = document({
  messages: number,
  unenforced_passing: number,
  unenforced_failing: number,
  parts: list(object({ part: words(...parts), heading: text, messages: number, share: optional(number) })),
  days: list(
    object({
      day: text,
      passed_under_enforcement: number,
      delivered_without_enforcement: number,
      let_through_by_override: number,
      quarantined: number,
      rejected: number,
      unknown: number,
    }),
  ),
});
export type Split = Infer<typeof split>;

export const domains = document({
  domain_count: number,
  domains: list(
    object({
      domain: text,
      policy: optional(text),
      messages: number,
      passing_share: optional(number),
      only_spf: number,
      failing: number,
      failing_delivered: number,
      reporters: number,
      last_report: optional(text),
      test_mode: optional(truth),
      pile: optional(text),
    }),
  ),
});
export type Domains = Infer<typeof domains>;
export type DomainRow = Domains['domains'][number];

export const volume = document({
  messages: number,
  by_class: list(object({ class: sourceClass, heading: text, messages: number, share: optional(number), unconfirmed: number })),
  days: list(object({ day: text, own: number, approved: number, forwarder: number, unknown: number, abuse: number })),
  record_changes: optional(list(object({ day: text, what: text, failing_before: optional(number), failing_since: optional(number) }))),
});
export type Volume = Infer<typeof volume>;

const source = object({
  name: text,
  service: optional(text),
  class: sourceClass,
  confirmed: truth,
  ...counts,
  networks: number,
  addresses: number,
  known_by: text,
  confidence: text,
  first: optional(text),
  last: optional(text),
  new: truth,
  service_kind: optional(text),
});
export type Source = Infer<typeof source>;
export const sources = document({
  services: number,
  services_new: number,
  services_gone: number,
  networks: number,
  networks_new: number,
  networks_gone: number,
  addresses: number,
  addresses_new: number,
  addresses_gone: number,
  by_service: list(source),
  by_network: list(source),
  by_address: list(source),
  gone: list(source),
});
export type Sources = Infer<typeof sources>;

export const cube = document({
  messages: number,
  both: number,
  only_spf: number,
  only_dkim: number,
  none: number,
  passing_share: optional(number),
  only_spf_share: optional(number),
  cells: list(object({ spf: text, dkim: text, disposition: text, messages: number })),
  days: list(object({ day: text, ...counts, other: number })),
  sources: list(object({ service: text, ...counts, other: number })),
  reporters: list(object({ reporter: text, ...counts, other: number })),
});
export type Cube = Infer<typeof cube>;

export const unauthenticated = document({
  messages: number,
  failing: number,
  failing_share: optional(number),
  causes: list(object({ cause: text, heading: text, messages: number, share: optional(number) })),
  sources: list(
    object({
      cause: text,
      service: text,
      messages: number,
      delivered: number,
      quarantined: number,
      rejected: number,
      networks: number,
      confidence: text,
      evidence: optional(text),
    }),
  ),
});
export type Unauthenticated = Infer<typeof unauthenticated>;

export const newcomers = document({
  newcomers: list(
    object({
      service: text,
      new: text,
      class: sourceClass,
      by: optional(text),
      selector: optional(text),
      spf_domain: optional(text),
      mechanism: optional(text),
      network: optional(text),
      address: optional(text),
      messages: number,
      networks: number,
      first: optional(text),
    }),
  ),
  newcomer_count: number,
  known_from: optional(text),
});
export type Newcomers = Infer<typeof newcomers>;

export const who = document({
  sources: list(
    object({
      network: text,
      address: optional(text),
      service: text,
      known_by: text,
      confidence: text,
      class: sourceClass,
      messages: number,
      addresses: number,
      evidence: optional(list(text)),
      claims: optional(list(text)),
      why: optional(text),
    }),
  ),
});
export type Who = Infer<typeof who>;

export const unaligned = document({
  failing: number,
  passing_by_spf_alone: number,
  unaligned: list(
    object({
      service: text,
      header_from: optional(text),
      dkim_domain: optional(text),
      dkim_selector: optional(text),
      spf_domain: optional(text),
      passes_by_spf: truth,
      class: sourceClass,
      messages: number,
      fix: optional(list(text)),
    }),
  ),
});
export type Unaligned = Infer<typeof unaligned>;

export const gaps = document({
  failing: number,
  handled_as_asked: number,
  not_so_handled: number,
  gaps: list(
    object({
      reporter: text,
      kind: text,
      reason: optional(text),
      policy: optional(text),
      disposition: optional(text),
      messages: number,
    }),
  ),
  reporters: list(object({ reporter: text, failing: number, as_asked: number, share: optional(number), never_enforces: truth })),
});
export type Gaps = Infer<typeof gaps>;

export const overrides = document({
  messages: number,
  overridden: number,
  overridden_share: optional(number),
  overrides: list(object({ type: text, reporter: text, messages: number, failing: number, delivered: number })),
  comments: list(
    object({
      type: text,
      comment: text,
      arc: optional(text),
      sealers: optional(list(text)),
      remote_ips: optional(list(text)),
      reporters: optional(list(text)),
      messages: number,
    }),
  ),
});
export type Overrides = Infer<typeof overrides>;

export const failures = document({
  came: number,
  kept: number,
  sampled_out: number,
  incidents: number,
  campaigns: list(
    object({
      subject: optional(text),
      from_domain: optional(text),
      hosts: optional(list(text)),
      reports: number,
      incidents: number,
      sources: number,
      examples: optional(list(text)),
      first: optional(text),
      last: optional(text),
      auth_failure: optional(list(text)),
      delivery_result: optional(list(text)),
    }),
  ),
  sources: list(object({ address: text, came: number, kept: number, busiest_day: number })),
});
export type Failures = Infer<typeof failures>;

export const ladder = document({
  broken: number,
  steps: list(object({ step: text, state: words('ok', 'broken', 'unknown', 'waiting'), what: text, fix: optional(text) })),
});
export type Ladder = Infer<typeof ladder>;

export const piles = document({
  piles: list(
    object({
      domain: text,
      pile: text,
      confirmed: truth,
      inferred: optional(text),
      confidence: text,
      passing: number,
      list_posts: number,
      bulk: number,
      mailboxes: number,
      days: number,
      evidence: optional(list(text)),
    }),
  ),
});
export type Piles = Infer<typeof piles>;

const stage = { pile: text, stage: optional(text), next_step: optional(text), ready: words('ready', 'not_ready', 'not_known', 'at_end') } as const;
export const route = document({
  ...stage,
  steps: list(object({ step: text, state: optional(text) })),
  also: list(object({ what: text })),
});
export type Route = Infer<typeof route>;
export const readiness = document({
  ...stage,
  criteria: list(object({ code: text, met: words('yes', 'no', 'unknown'), what: text })),
  policies: list(
    object({
      policy: text,
      first: text,
      last: text,
      days: number,
      messages: number,
      failing: number,
      failing_delivered: number,
      quarantined: number,
      rejected: number,
    }),
  ),
});
export type Readiness = Infer<typeof readiness>;

export const whatif = document({
  policy: text,
  test_mode: truth,
  adkim: text,
  aspf: text,
  messages: number,
  passing: number,
  gained: number,
  failing: number,
  failing_own: number,
  failing_approved: number,
  failing_forwarder: number,
  failing_unknown: number,
  failing_abuse: number,
  hits: list(
    object({
      class: sourceClass,
      service: text,
      cause: optional(text),
      messages: number,
      now_failing: number,
      now_stopped: number,
    }),
  ),
});
export type Whatif = Infer<typeof whatif>;

export const reporters = document({
  reporter_count: number,
  silent_count: number,
  largest_share: optional(number),
  reporters: list(
    object({
      reporter: text,
      org_name: optional(text),
      messages: number,
      share: optional(number),
      days: number,
      reports: number,
      set_aside: number,
      repaired: number,
      rfc9990: number,
      failure_reports: number,
      tls_reports: number,
      first: optional(text),
      last_arrived: optional(text),
      cadence_hours: optional(number),
      silent: truth,
      faults: optional(list(text)),
    }),
  ),
});
export type Reporters = Infer<typeof reporters>;

const change = { then: number, now: number, change: number } as const;
export const compare = document({
  then_from: text,
  then_to: text,
  totals: list(object({ what: text, heading: text, ...change })),
  sources: list(object({ name: text, class: sourceClass, ...change, then_failing: number, now_failing: number })),
  reporters: list(object({ name: text, ...change, then_failing: number, now_failing: number })),
});
export type Compare = Infer<typeof compare>;

const told = list(object({ what: text, messages: number }));
export const received = document({
  messages: number,
  judged: number,
  not_judged: number,
  under_dmarc: number,
  under_dmarc_share: optional(number),
  author_domains: number,
  author_domains_with_policy: number,
  deferred: number,
  compared: number,
  most_abused: list(object({ domain: text, policy: optional(text), messages: number, failing: number, stopped: number })),
  verdicts: told,
  policies: told,
  actions: list(object({ verdict: text, action: text, messages: number })),
  overrides: told,
  evidence: told,
  decisive: told,
  differences: told,
  days: list(object({ day: text, verdict: text, messages: number })),
});
export type Received = Infer<typeof received>;

const sessions = { successful: number, failed: number, failed_share: optional(number) } as const;
export const tls = answerOn(
  object({
    reports: number,
    reports_at_least: optional(truth),
    reporters: number,
    sessions: number,
    first_day: optional(text),
    set_aside: optional(number),
  }),
  {
    sessions: number,
    successful: number,
    failed: number,
    silent_reporters: optional(number),
    reporters: list(
      object({ reporter: text, ...sessions, reports: number, set_aside: optional(number), last_arrived: optional(text), silent: optional(truth) }),
    ),
    policies: list(object({ policy_type: optional(text), ...sessions })),
    results: list(object({ result_type: text, sessions: number, share: optional(number), meaning: optional(text) })),
    failing: list(
      object({
        mx: text,
        result_type: optional(text),
        sessions: number,
        reports: number,
        mx_ip: optional(text),
        sender: optional(text),
        details: optional(text),
      }),
    ),
    days: list(object({ day: text, ...sessions })),
  },
);
export type Tls = Infer<typeof tls>;

export const changes = document({
  change_count: number,
  changes: list(
    object({
      at: text,
      not_before: optional(text),
      domain: text,
      record: text,
      name: optional(text),
      what: text,
      before: optional(text),
      after: optional(text),
    }),
  ),
  records: list(
    object({
      domain: text,
      record: text,
      name: optional(text),
      since: optional(text),
      checked: optional(text),
      value: optional(text),
      failing_since: optional(text),
      why: optional(text),
    }),
  ),
});
export type Changes = Infer<typeof changes>;

/** GET /overview */
export const overview = object({ domains: list(object({ domain: text, split, route })) });
export type Overview = Infer<typeof overview>;

export const answers = {
  domains, split, sources, volume, cube, unauthenticated, newcomers, who, unaligned, gaps, overrides, failures, ladder, reporters, piles,
  route, readiness, whatif, compare, tls, changes, received,
} as const;
export type Question = keyof typeof answers;
export type Answer<Q extends Question> = Infer<(typeof answers)[Q]>;
/** What every answer has. */
export type AnyAnswer = Pick<Split, 'question' | 'domain' | 'period' | 'data_through' | 'not_known' | 'notes' | 'next'> & { basis: Split['basis'] | Tls['basis'] };

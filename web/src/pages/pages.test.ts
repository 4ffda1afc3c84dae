import { describe, expect, it } from 'vitest';
import type { Sources } from '../api/show';
import { axisOf, classLayers, numbered, policyMarks, recordMarks, stackOption } from '../charts/volume';
import { matrix } from './matrix';
import { base64Of, envelopeOf } from './message';
import { said } from './outcomes';
import { batches } from './overview';
import { failureLines, messageLines, tlsPolicyName } from './report';
import { covers, level } from './sources';

describe('the envelope of a pasted message', () => {
  it('is that of the first host outside', () =>
    expect(
      envelopeOf('Return-Path: <b@example.com>\r\nReceived: from inner ([10.0.0.1]) by x;\r\nReceived: from mx.example.com (unknown\r\n [192.0.2.7]) by here\r\n\r\nReceived: from a ([198.51.100.1]) by b'),
    ).toEqual({ client: '192.0.2.7', helo: 'mx.example.com', mailFrom: 'b@example.com' }));
  it('reads IPv6, and nothing from nothing', () => {
    expect(envelopeOf('Received: from m.example.net (m.example.net [IPv6:2001:db8::1]) by x').client).toBe('2001:db8::1');
    expect(envelopeOf('')).toEqual({ client: '', helo: '', mailFrom: '' });
  });
  it('does not take long with a long header', () => {
    const began = Date.now();
    envelopeOf('Received: from ' + 'a ('.repeat(30_000));
    envelopeOf('Received:'.repeat(20_000));
    expect(Date.now() - began).toBeLessThan(60_000); // it only ends what would hang
  });
  it('carries octets', () => expect(base64Of(new Uint8Array([0, 255, 10]))).toBe('AP8K'));
});

describe('rows of the overview', () => {
  it('are asked for together', () => expect(batches(['a.example', 'b.example'])).toEqual([['a.example', 'b.example']]));
  it('are nothing of none', () => expect(batches([])).toEqual([]));
  it('are parted where a query would be too long, and leave out what no query holds', () => {
    const long = Array.from({ length: 25 }, (_, i) => `${'x'.repeat(240)}${i}.example`);
    const parted = batches(['a'.repeat(10_000), 'a,b', ...long]);
    expect(parted.flat()).toEqual(long);
    expect(Math.max(...parted.map((each) => encodeURIComponent(each.join(',')).length))).toBeLessThan(4_000);
    expect(batches(Array.from({ length: 51 }, (_, i) => `${i}.example`)).map((each) => each.length)).toEqual([50, 1]);
  });
});

describe('single reports', () => {
  it('say how a message failed in words, and leave out what is not told', () => {
    const failure = { incidents: 1, auth_failure: 'DMARC', delivery_result: 'spam', reporting_mta: 'dns; mx.example.net', from: 'a@example.com', feedback_type: 'auth-failure' };
    expect(failureLines(failure).map((each) => [each.label, each.text])).toEqual([
      ['Failed', 'DMARC: nothing authenticated as the domain in From'],
      ['What was done', 'put into the spam folder'],
      ['Seen by', 'mx.example.net'],
    ]);
    expect(messageLines(failure)).toEqual([{ label: 'From', text: 'a@example.com' }]);
    expect(messageLines({ incidents: 1 })).toEqual([]);
  });
  it.each(['constructor', '__proto__', 'weird_word', ''])('take no word for another: %j', (word) =>
    expect(failureLines({ incidents: 1, auth_failure: word, delivery_result: word }).every((each) => each.text === word.replaceAll('_', ' '))).toBe(true));
  it('name the policy of TLS', () => {
    const policy = { successful: 1, failed: 0, failures: [] };
    expect(['sts', 'tlsa', 'no-policy-found', 'x', undefined].map((type) => tlsPolicyName({ ...policy, type }))).toEqual(['MTA-STS', 'DANE', 'no policy found', 'x', 'a policy not named']);
  });
});

describe('answers made ready for a page', () => {
  it('makes one row of each reporter', () => {
    const gap = { reporter: 'a', policy: 'reject', disposition: 'none' };
    expect(
      matrix({
        gaps: [
          { ...gap, kind: 'override', reason: 'mailing_list', messages: 2 },
          { ...gap, kind: 'override', reason: 'mailing_list', messages: 3 },
          { ...gap, reporter: 'b', kind: 'not_enforced', messages: 1 },
        ],
        reporters: [{ reporter: 'a', failing: 9, as_asked: 4, never_enforces: false }],
      }).map((row) => [row.reporter, row.counts, row.failing, row.reasons]),
    ).toEqual([
      ['a', { override: 5 }, 9, ['mailing_list']],
      ['b', { not_enforced: 1 }, 0, []],
    ]);
  });
  it('marks the days of other policies inside the period', () => {
    const policy = (text: string, first: string) => ({ policy: text, first, last: first, days: 1, messages: 1, failing: 0, failing_delivered: 0, quarantined: 0, rejected: 0 });
    const all = [policy('p=reject', '2026-05-20'), policy('p=none', '2026-01-01'), policy('p=quarantine', '2026-04-01')];
    expect(policyMarks(all, '2026-05-01', '2026-05-31')).toEqual([{ day: '2026-05-20', kind: 'policy', text: 'Reporters see another policy: p=reject.' }]);
    expect(policyMarks([], '2026-05-01', '2026-05-31')).toEqual([]);
  });
  it('marks the days of other records; senders of SPF only where its record is the same', () => {
    const found = (at: string, record: string, domain = 'example.com') => ({ at, record, domain, what: `The ${record} changed` });
    const marks = recordMarks([found('2026-05-20T01:00:00Z', 'spf'), found('2026-05-20T01:00:00Z', 'spf_senders'), found('2026-05-21T01:00:00Z', 'spf_senders')]);
    expect(marks.map((each) => `${each.day} ${each.text}`)).toEqual(['2026-05-20 The spf changed.', '2026-05-21 The spf_senders changed.']);
  });
  it('numbers marked days in their order', () => {
    const mark = (day: string, text: string) => ({ day, kind: 'record' as const, text });
    expect(numbered([mark('2026-05-09', 'b'), mark('2026-05-02', 'a'), mark('2026-05-09', 'c')]).map((each) => [each.number, each.day, each.marks.map((one) => one.text).join()])).toEqual([
      [1, '2026-05-02', 'a'], [2, '2026-05-09', 'b,c'],
    ]);
  });
  it('keeps the axis straight where a day is missing', () => {
    const mark = { day: '2026-05-05', kind: 'record' as const, text: 'x' };
    expect(axisOf(['2026-05-03', '2026-05-01'], [mark])).toEqual(['2026-05-01', '2026-05-02', '2026-05-03', '2026-05-04', '2026-05-05']);
    expect(axisOf([], [mark])).toEqual([]);
    expect(axisOf(['0001-01-01', '2026-05-01'], [])).toEqual(['0001-01-01', '2026-05-01']);
    expect(axisOf(['strange'], [])).toEqual([]);
  });
  it('draws only the classes there are, on canvas, with marks on the axis', () => {
    const day = { day: '2026-05-01', own: 1, approved: 0, forwarder: 0, unknown: 0, abuse: 2 };
    const option = stackOption(classLayers([day]), [{ day: '2026-05-02', kind: 'record', text: '<b>' }], { ink: '', soft: '', line: '', page: '', data: {} }, 'messages', false);
    const series = option.series as { name: string; data: number[]; markLine?: { data: { name: string; xAxis: string }[] } }[];
    expect(series.map((each) => [each.name, each.data])).toEqual([['Own', [1, 0]], ['Abuse', [2, 0]]]);
    expect(series[0]?.markLine?.data).toMatchObject([{ name: '1', xAxis: '2026-05-02' }]);
    expect((option.tooltip as { renderMode: string }).renderMode).toBe('richText');
  });
  it('knows what a source is', () => {
    const row = (name: string) => ({ name }) as Sources['by_service'][number];
    expect(['192.0.2.0/24', '192.0.2.1', '2001:db8::1', 'network 192.0.2.0/24', 'selector s1 of example.com', 'Example Mailer'].map((each) => level(row(each)))).toEqual([
      'A network', 'An address', 'An address', 'A network of which nothing else is known', 'Mail signed by a key of your own', 'A service',
    ]);
  });
  it('knows which addresses a source has', () => {
    const all = { by_address: [{ name: '192.0.2.9', service: 'Mailer' }, { name: '192.0.20.9', service: 'Other' }] } as Sources;
    expect([covers(all, 'Mailer', '192.0.2.9'), covers(all, 'network 192.0.2.0/24', '192.0.2.9'), covers(all, '192.0.2.0/24', '192.0.20.9'), covers(all, 'Mailer', '1.2.3.4')]).toEqual([true, true, false, false]);
  });
  it('tells what became of a report', () => {
    expect(said({ file: 'x', outcome: 'refused', why: 'it is no report' })).toBe('it is no report');
    expect(said({ file: 'x', outcome: 'added', kind: 'aggregate', policy_domain: 'example.com', reporter: 'r.example', messages: 2 })).toBe('example.com, by r.example; 2 messages');
  });
});

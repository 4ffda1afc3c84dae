import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Sources } from '../api/show';
import { policyChanges, volumeOption } from '../charts/volume';
import { matrix } from './matrix';
import { base64Of, envelopeOf } from './message';
import { said } from './outcomes';
import { readable, tlsPolicies, unpackedJson } from './report';
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

describe('TLS reports', () => {
  const json = {
    policies: [
      {
        policy: { 'policy-type': 'sts', 'policy-domain': 'example.com', 'policy-string': ['version: STSv1'], 'mx-host': 'mx.example.com' },
        summary: { 'total-successful-session-count': 5, 'total-failure-session-count': 1 },
        'failure-details': [{ 'result-type': 'certificate-expired', 'failed-session-count': 1, 'receiving-mx-hostname': 'mx.example.com' }],
      },
    ],
  };
  const octets = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;
  it('are read', () => {
    const [policy] = tlsPolicies(json);
    expect([policy?.domain, policy?.good, policy?.bad, policy?.hosts, policy?.failures[0]?.type]).toEqual(['example.com', 5, 1, ['mx.example.com'], 'certificate-expired']);
  });
  it.each([null, 1, 'x', [], {}, { policies: null }, { policies: [null, 1, { policy: [], summary: 'x', 'failure-details': [1, null] }] }])('of another form do no harm: %j', (value) =>
    expect(() => tlsPolicies(value)).not.toThrow());
  it('are unpacked', async () => {
    expect(await unpackedJson(octets(gzipSync('{"a":1}')))).toBe('{"a":1}');
    expect(await unpackedJson(octets(new TextEncoder().encode('{}')))).toBe('{}');
  });
  it('that swell are not read', async () => expect(await unpackedJson(octets(gzipSync(Buffer.alloc(20 << 20))))).toBeNull());
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
    expect(policyChanges(all, '2026-05-01', '2026-05-31')).toEqual([{ day: '2026-05-20', text: 'p=reject' }]);
    expect(policyChanges([], '2026-05-01', '2026-05-31')).toEqual([]);
  });
  it('draws only the classes there are, on canvas', () => {
    const option = volumeOption([{ day: '2026-05-01', own: 1, approved: 0, forwarder: 0, unknown: 0, abuse: 2 }], [], { ink: '', soft: '', line: '', page: '', data: {} }, false);
    expect((option.series as { name: string }[]).map((each) => each.name)).toEqual(['Own', 'Abuse']);
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
  it('lays objects of unknown form out in lines', () => expect(readable({ a: 1, b: { c: ['x', 2], d: null }, e: [] })).toEqual([['a', '1'], ['b c', 'x; 2']]));
});

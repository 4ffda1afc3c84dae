/** Members of an object of unknown form as lines, as deep as two levels. */
export function readable(value: Record<string, unknown>, prefix = ''): [string, string][] {
  return Object.entries(value).flatMap(([key, each]): [string, string][] => {
    const name = prefix ? `${prefix} ${key}` : key;
    if (each === null || each === undefined || each === '') return [];
    if (Array.isArray(each)) return each.length ? [[name, each.map((one) => (typeof one === 'object' ? JSON.stringify(one) : String(one))).join('; ')]] : [];
    if (typeof each === 'object') return prefix ? [[name, JSON.stringify(each)]] : readable(each as Record<string, unknown>, name);
    return [[name, String(each)]];
  });
}

export interface TlsPolicy {
  domain: string;
  type: string;
  text: string[];
  hosts: string[];
  good: number;
  bad: number;
  failures: { type: string; host: string; from: string; sessions: number; more: string }[];
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]);
const record = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {});

/** The policies of a TLS report (RFC 8460 §4.4). Total: what has another form is empty or left out. */
export function tlsPolicies(json: unknown): TlsPolicy[] {
  return list(record(json).policies).slice(0, 200).map((each) => {
    const { policy, summary, ...rest } = record(each);
    const said = record(policy);
    return {
      domain: text(said['policy-domain']),
      type: text(said['policy-type']),
      text: list(said['policy-string']).map(text).filter(Boolean),
      hosts: list(said['mx-host']).map(text).filter(Boolean),
      good: number(record(summary)['total-successful-session-count']),
      bad: number(record(summary)['total-failure-session-count']),
      failures: list(rest['failure-details']).slice(0, 2000).map((one) => {
        const detail = record(one);
        return {
          type: text(detail['result-type']),
          host: text(detail['receiving-mx-hostname']),
          from: text(detail['sending-mta-ip']),
          sessions: number(detail['failed-session-count']),
          more: text(detail['failure-reason-code']) || text(detail['additional-information']),
        };
      }),
    };
  });
}

const most = 8 << 20; // octets of a report that a page reads, unpacked

/** Text of a report as it came, where it is JSON or gzip of it; nothing otherwise, and nothing where it is too long. */
export async function unpackedJson(octets: ArrayBuffer): Promise<string | null> {
  const bytes = new Uint8Array(octets);
  if (bytes.length === 0 || bytes.length > most) return null;
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return new TextDecoder().decode(bytes);
  if (typeof DecompressionStream === 'undefined') return null;
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  const decoder = new TextDecoder();
  let text = '';
  let read = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    read += value.length;
    if (read > most) {
      await reader.cancel();
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
}

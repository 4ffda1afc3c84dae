/** What a pasted message says of its envelope: a help for the form, which its user corrects; nothing is believed. */
export interface Envelope {
  client: string;
  helo: string;
  mailFrom: string;
}

const address = /\[(?:IPv6:)?([0-9a-fA-F:.]{3,45})\]/;
const local = /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|::1$|fe80:|f[cd])/i;

export function envelopeOf(message: string): Envelope {
  const header = (message.split(/\r?\n\r?\n/, 1)[0] ?? '').slice(0, 65536).replace(/\r?\n[ \t]+/g, ' ');
  const found: Envelope = { client: '', helo: '', mailFrom: '' };
  for (const line of header.split(/\r?\n/)) {
    const path = /^return-path:\s*<([^<>\s]*)>/i.exec(line);
    if (path && !found.mailFrom) found.mailFrom = path[1] ?? '';
    const received = /^received:\s*from\s+(\S+)(.*?)(?:\bby\b|;|$)/i.exec(line);
    const from = received ? address.exec(received[2] ?? '') : null;
    if (received && from?.[1] && !found.client && !local.test(from[1])) {
      found.client = from[1];
      found.helo = (received[1] ?? '').replace(/[^A-Za-z0-9._-]/g, '');
    }
  }
  return found;
}

export function base64Of(octets: Uint8Array): string {
  let text = '';
  for (let at = 0; at < octets.length; at += 0x8000) text += String.fromCharCode(...octets.subarray(at, at + 0x8000));
  return btoa(text);
}

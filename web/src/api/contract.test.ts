import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Shape, any, list, mismatches, nullable, number, object, text, truth } from './shape';
import { answers, overview } from './show';
import * as values from './values';

const folder = process.env.ASSAY_API_EXAMPLES ?? join(__dirname, '../../../api/examples');

/** The shape of each example by the name of its file; those of /show are found by the question. */
const shapes: Record<string, Shape> = {
  error: object({ error: object({ code: text, what: text }) }),
  get_session: values.session,
  get_session_anonymous: values.session,
  post_session: values.session,
  post_setup: values.session,
  get_domains: object({ domains: list(text) }),
  get_overview: overview,
  get_reports: values.reports,
  get_report: values.report,
  get_report_failure: values.report,
  get_report_tls: values.report,
  post_reports: object({ outcomes: list(values.outcome) }),
  get_health: values.health,
  get_alerts: object({ alerts: list(values.alert) }),
  get_marks: object({ marks: list(values.mark) }),
  post_marks: values.mark,
  get_users: object({ users: list(values.user) }),
  post_users: values.user,
  patch_user: values.user,
  get_groups: object({ groups: list(values.group) }),
  post_groups: values.group,
  patch_group: values.group,
  get_tokens: object({ tokens: list(values.token) }),
  post_tokens: values.token,
  get_audit: object({ entries: list(values.auditEntry), next: nullable(number) }),
  get_channels: object({ channels: list(values.channel) }),
  post_channel_test: object({ ok: truth, what: text }),
  get_retention: object({ retention: any }),
  put_retention: object({ retention: any }),
  post_demo: object({ reports: number, domains: number }),
};

const shapeOf = (name: string): Shape | undefined => {
  const question = /^get_show_([a-z]+)$/.exec(name)?.[1];
  return question ? (answers as Record<string, Shape>)[question] : shapes[name];
};

describe.skipIf(!existsSync(folder))('the examples of the contract', () => {
  const files = existsSync(folder) ? readdirSync(folder).filter((each) => each.endsWith('.json')) : [];
  it.each(files)('%s', (file) => {
    const name = file.replace(/\.json$/, '');
    if (name === 'post_verify') return; // of its many members the page names those it shows
    const shape = shapeOf(name);
    expect(shape, `no shape is known for ${file}`).toBeDefined();
    if (shape) expect(mismatches(shape, JSON.parse(readFileSync(join(folder, file), 'utf8')))).toEqual([]);
  });
});

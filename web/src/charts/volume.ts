/** Stacked days with marks on the same axis, as a value: the library that draws them is fetched with the page that needs it. */
import { type Changes, type Readiness, type Volume, classes } from '../api/show';
import { classHeadings } from '../ui/bar';
import { addDays, daysBetween } from '../ui/format';

/** Something that happened on a day: another policy in reports, or another record in the DNS. */
export interface Mark {
  day: string;
  kind: 'policy' | 'record';
  text: string;
}

/** Days on which another policy was seen for the first time, of those inside the period. */
export function policyMarks(policies: Readiness['policies'], from: string, until: string): Mark[] {
  const known = [...policies].sort((a, b) => a.first.localeCompare(b.first));
  return known
    .slice(1)
    .filter((each) => each.first >= from && each.first <= until)
    .map((each) => ({ day: each.first, kind: 'policy', text: `Reporters see another policy: ${each.policy}.` }));
}

const ended = (text: string): string => (/[.!?]$/.test(text) ? text : text + '.');

/** Records found changed, by day; the senders of an SPF record are left out where the record itself changed that day. */
export function recordMarks(changes: Changes['changes']): Mark[] {
  return changes
    .map((each) => ({ ...each, day: each.at.slice(0, 10) }))
    .filter((each, _, all) => each.record !== 'spf_senders' || !all.some((other) => other.record === 'spf' && other.day === each.day && other.domain === each.domain))
    .map((each) => ({ day: each.day, kind: 'record', text: ended(each.what) }));
}

/** Marks in the order of days, those of one day together; the number stands in the chart and before the words. */
export interface NumberedDay {
  number: number;
  day: string;
  marks: Mark[];
}
export function numbered(marks: Mark[]): NumberedDay[] {
  const days = [...new Set(marks.map((each) => each.day))].sort();
  return days.map((day, at) => ({ number: at + 1, day, marks: marks.filter((each) => each.day === day) }));
}

const mostDays = 800;

/** Days of a period with those in between on which nothing was told, and those with marks: a straight axis of time. */
export function axisOf(days: string[], marks: Mark[]): string[] {
  const all = [...days, ...marks.map((each) => each.day)].filter((each) => /^\d{4}-\d\d-\d\d$/.test(each)).sort();
  const [first, last] = [all[0], all.at(-1)];
  if (!first || !last || days.length === 0) return [];
  const count = daysBetween(first, last) + 1;
  return count > mostDays ? [...new Set(all)] : Array.from({ length: count }, (_, i) => addDays(first, i));
}

/** One layer of the stack. */
export interface Layer {
  key: string;
  name: string;
  /** A custom property of the style, without its dashes. */
  colour: string;
  values: Map<string, number>;
}
export const classLayers = (days: Volume['days']): Layer[] =>
  classes.map((each) => ({ key: each, name: classHeadings[each] ?? each, colour: `data-${each}`, values: new Map(days.map((day) => [day.day, day[each]])) }));

export interface Colours {
  ink: string;
  soft: string;
  line: string;
  page: string;
  data: Record<string, string>;
}

const symbols: Record<string, object> = {
  own: { symbol: 'none' },
  successful: { symbol: 'none' },
  failed: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [1, 3], rotation: Math.PI / 4 },
  approved: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [1, 4], rotation: 0 },
  forwarder: { symbol: 'circle', symbolSize: 0.5, dashArrayX: [[4, 4], [0, 4, 4, 0]], dashArrayY: [4, 0] },
  unknown: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4 },
  abuse: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [1, 3], rotation: Math.PI / 4 },
};

/** Stacked bars; layers of nothing are left out. Canvas text alone: no text of a report is ever taken for HTML. */
export function stackOption(layers: Layer[], marks: Mark[], colours: Colours, unit: string, narrow: boolean): Record<string, unknown> {
  const present = layers.filter((each) => [...each.values.values()].some((value) => value > 0));
  const days = axisOf([...new Set(layers.flatMap((each) => [...each.values.keys()]))], marks);
  const lines = numbered(marks).map((each) => ({
    name: String(each.number),
    xAxis: each.day,
    lineStyle: { type: each.marks.some((one) => one.kind === 'policy') ? 'dashed' : 'dotted' },
  }));
  return {
    animation: false,
    aria: { enabled: false, decal: { show: true } },
    color: present.map((each) => colours.data[each.key]),
    grid: { left: 8, right: 12, top: 52, bottom: 8, containLabel: true },
    legend: { top: 0, left: 0, itemWidth: 16, itemHeight: 11, textStyle: { color: colours.ink, fontSize: 12 }, selectedMode: !narrow },
    tooltip: {
      trigger: 'axis',
      renderMode: 'richText',
      axisPointer: { type: 'shadow' },
      backgroundColor: colours.page,
      borderColor: colours.line,
      textStyle: { color: colours.ink, fontSize: 12 },
    },
    xAxis: {
      type: 'category',
      data: days,
      axisLabel: { color: colours.soft, hideOverlap: true, formatter: (day: string) => day.slice(5) },
      axisLine: { lineStyle: { color: colours.line } },
      axisTick: { show: false },
    },
    yAxis: {
      type: 'value',
      name: unit,
      nameTextStyle: { color: colours.soft, align: 'left' },
      minInterval: 1,
      axisLabel: { color: colours.soft },
      splitLine: { lineStyle: { color: colours.line } },
      nameGap: 8,
      nameLocation: 'end',
      show: true,
    },
    series: present.map((each, at) => ({
      name: each.name,
      type: 'bar',
      stack: 'all',
      barCategoryGap: '18%',
      data: days.map((day) => each.values.get(day) ?? 0),
      itemStyle: { decal: symbols[each.key] ? { color: 'rgba(255,255,255,0.5)', ...symbols[each.key] } : undefined },
      ...(at === 0 && lines.length > 0
        ? {
            markLine: {
              silent: true,
              symbol: ['none', 'none'],
              lineStyle: { color: colours.ink, width: 1.25 },
              label: { color: colours.ink, formatter: '{b}', position: 'end', distance: 2, fontSize: 11, fontWeight: 600 },
              data: lines,
            },
          }
        : {}),
    })),
  };
}

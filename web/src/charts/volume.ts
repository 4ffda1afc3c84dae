/** The chart of a domain's days, as a value: the library that draws it is fetched with the page that needs it. */
import { type Readiness, type Volume, classes } from '../api/show';
import { classHeadings } from '../ui/bar';

export interface Change {
  day: string;
  text: string;
}

/** Days on which another policy was seen for the first time, of those inside the period. */
export function policyChanges(policies: Readiness['policies'], from: string, until: string): Change[] {
  const known = [...policies].sort((a, b) => a.first.localeCompare(b.first));
  return known
    .slice(1)
    .filter((each) => each.first >= from && each.first <= until)
    .map((each) => ({ day: each.first, text: each.policy }));
}

export interface Colours {
  ink: string;
  soft: string;
  line: string;
  page: string;
  data: Record<string, string>;
}

const symbols: Record<string, object> = {
  own: { symbol: 'none' },
  approved: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [1, 4], rotation: 0 },
  forwarder: { symbol: 'circle', symbolSize: 0.5, dashArrayX: [[4, 4], [0, 4, 4, 0]], dashArrayY: [4, 0] },
  unknown: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4 },
  abuse: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [1, 3], rotation: Math.PI / 4 },
};

/** Stacked bars by class; classes without mail are left out. Canvas text alone: no text of a report is ever taken for HTML. */
export function volumeOption(days: Volume['days'], changes: Change[], colours: Colours, narrow: boolean): Record<string, unknown> {
  const present = classes.filter((each) => days.some((day) => day[each] > 0));
  return {
    animation: false,
    aria: { enabled: false, decal: { show: true } },
    color: present.map((each) => colours.data[each]),
    grid: { left: 8, right: 12, top: 46, bottom: 8, containLabel: true },
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
      data: days.map((each) => each.day),
      axisLabel: { color: colours.soft, hideOverlap: true, formatter: (day: string) => day.slice(5) },
      axisLine: { lineStyle: { color: colours.line } },
      axisTick: { show: false },
    },
    yAxis: {
      type: 'value',
      name: 'messages',
      nameTextStyle: { color: colours.soft, align: 'left' },
      minInterval: 1,
      axisLabel: { color: colours.soft },
      splitLine: { lineStyle: { color: colours.line } },
      nameGap: 8,
      nameLocation: 'end',
      show: true,
    },
    series: present.map((each, at) => ({
      name: classHeadings[each],
      type: 'bar',
      stack: 'all',
      barCategoryGap: '18%',
      data: days.map((day) => day[each]),
      itemStyle: { decal: symbols[each] ? { color: 'rgba(255,255,255,0.5)', ...symbols[each] } : undefined },
      ...(at === 0 && changes.length > 0
        ? {
            markLine: {
              silent: true,
              symbol: ['none', 'none'],
              lineStyle: { color: colours.ink, type: 'dashed', width: 1 },
              label: { color: colours.ink, formatter: '{b}', position: 'insideEndTop', fontSize: 11 },
              data: changes.map((change) => ({ name: change.text, xAxis: change.day })),
            },
          }
        : {}),
    })),
  };
}

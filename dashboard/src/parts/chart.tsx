// A chart over time. Counts are bars; what was measured are points, joined only where both neighbours happened.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { dayOf, hourOf, timeOf } from '../format';
import { theme } from '../state/choices';
import { language, t } from '../strings';

export interface Line {
  name: string;
  values: (number | null)[];
  show: (value: number | null) => string; // with its unit
  ink: 'ink-1' | 'ink-2' | 'ink-3';
}

export interface ChartProperties {
  label: string;
  times: number[]; // seconds
  lines: Line[];
  bars?: boolean;
  step: number; // seconds between two times
}

const kHeight = 190;
const kFont = '12px system-ui, sans-serif';
// What is counted has no halves.
const kWhole = Array.from({ length: 16 }, (_, at) => [1, 2, 5].map((one) => one * 10 ** at)).flat();

// Canvas takes no CSS variables; what a colour comes to in this theme, the page tells.
function colours(host: HTMLElement, names: string[]): string[] {
  const probe = document.createElement('span');
  host.append(probe);
  const found = names.map((name) => {
    probe.className = name;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return found;
}

// Midnights are told as days.
const tick = (at: number) => {
  const time = new Date(at * 1000);
  return time.getHours() || time.getMinutes() ? timeOf(time) : dayOf(time);
};

// As wide as its longest label, which differs by language.
function room(chart: uPlot, labels: string[] | null, at: number): number {
  chart.ctx.save();
  chart.ctx.font = kFont.replace(/\d+/, (size) => String(Number(size) * devicePixelRatio));
  const longest = Math.max(0, ...(labels ?? []).map((one) => chart.ctx.measureText(one).width)) / devicePixelRatio;
  chart.ctx.restore();
  const { ticks, gap } = chart.axes[at];
  return Math.ceil(longest + (ticks?.size ?? 0) + (gap ?? 0) + 6);
}

function options({ lines, bars, step }: ChartProperties, host: HTMLElement): uPlot.Options {
  const [text, rule, ...tones] = colours(host, ['ink-soft', 'ink-rule', ...lines.map((one) => one.ink)]);
  const axis = { stroke: text, font: kFont, grid: { stroke: rule, width: 1 }, ticks: { stroke: rule, width: 1, size: 4 } };
  return {
    width: host.clientWidth,
    height: kHeight,
    legend: { live: true },
    cursor: { y: false, points: { size: 6 } },
    scales: { x: { time: true, range: (_, low, high) => [low - step / 2, high + step / 2] }, y: { range: (_, __, high) => [0, Math.max(high * 1.05, 1)] } },
    axes: [
      { ...axis, size: 34, values: (_, splits) => splits.map(tick), space: 70 },
      { ...axis, size: room, ...(bars && { incrs: kWhole }), values: (_, splits) => splits.map((value) => lines[0].show(value)) },
    ],
    series: [
      { value: (_, at) => (at === null ? '–' : hourOf(new Date(at * 1000))), label: t().common.time },
      ...lines.map((line, at): uPlot.Series => ({
        label: line.name,
        stroke: tones[at],
        fill: bars ? tones[at] : undefined,
        width: bars ? 0 : 1.5,
        dash: !bars && at > 0 ? [5, 3] : undefined,
        spanGaps: false,
        paths: bars ? uPlot.paths.bars!({ size: [0.7, 40] }) : undefined,
        points: { show: !bars, size: 5 },
        value: (_, value) => line.show(value),
      })),
    ],
  };
}

export const Chart = (properties: ChartProperties) => {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = host.current!;
    const data = [properties.times, ...properties.lines.map((one) => one.values)] as uPlot.AlignedData;
    let chart = new uPlot(options(properties, box), data, box);
    const again = () => {
      chart.destroy();
      chart = new uPlot(options(properties, box), data, box);
    };
    const wide = new ResizeObserver(() => chart.setSize({ width: box.clientWidth, height: kHeight }));
    wide.observe(box);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', again);
    return () => {
      dark.removeEventListener('change', again);
      wide.disconnect();
      chart.destroy();
    };
  }, [properties.times, properties.lines, theme.value, language.value]);
  return <div ref={host} class="chart" role="img" aria-label={properties.label} />;
};

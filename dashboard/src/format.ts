// Figures and times in the chosen language. What is unknown is a dash.
import { language } from './strings';

export const kNone = '–';
type Maybe = number | null | undefined;

const makers = new Map<string, any>();
function made<T>(kind: string, make: (tag: string) => T): T {
  const name = `${language.value} ${kind}`;
  if (!makers.has(name)) makers.set(name, make(language.value));
  return makers.get(name);
}

export const number = (value: Maybe, digits = 0) =>
  value === null || value === undefined ? kNone : made(`n${digits}`, (tag) => new Intl.NumberFormat(tag, { maximumFractionDigits: digits })).format(value);

export const percent = (value: Maybe, digits = 1) =>
  value === null || value === undefined ? kNone : made(`p${digits}`, (tag) => new Intl.NumberFormat(tag, { style: 'percent', maximumFractionDigits: digits })).format(value);

const dollars = (kind: string, options: Intl.NumberFormatOptions) =>
  made(kind, (tag) => new Intl.NumberFormat(tag, { style: 'currency', currency: 'USD', ...options }));
// An amount of money; of less than ten cents, two digits that say something.
export const money = (value: Maybe) =>
  value === null || value === undefined ? kNone
  : value !== 0 && Math.abs(value) < 0.1 ? dollars('cents', { maximumSignificantDigits: 2 }).format(value)
  : dollars('usd', { maximumFractionDigits: 2 }).format(value);
// What a million tokens cost, to the last digit.
export const price = (value: number) => dollars('price', { minimumFractionDigits: 2, maximumFractionDigits: 6 }).format(value);

function unit(value: number, name: string, digits = 0): string {
  return made(`u${name}${digits}`, (tag) => new Intl.NumberFormat(tag, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits })).format(value);
}

export function milliseconds(value: Maybe): string {
  if (value === null || value === undefined) return kNone;
  if (value < 1000) return unit(Math.round(value), 'millisecond');
  if (value < 60000) return unit(value / 1000, 'second', value < 10000 ? 2 : 1);
  return span(value / 1000);
}

// Two units at most: "3 h 12 min".
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const steps: [number, string][] = [[86400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']];
  const first = steps.findIndex(([size]) => whole >= size);
  if (first < 0) return unit(0, 'second');
  const parts: string[] = [];
  let rest = whole;
  for (const [size, name] of steps.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count) parts.push(unit(count, name));
  }
  return parts.join(' ');
}

export function bytes(value: Maybe): string {
  if (value === null || value === undefined) return kNone;
  const names = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  let step = 0;
  while (value >= 1000 && step < 3) {
    value /= 1000;
    step++;
  }
  return unit(value, names[step], value < 10 && step ? 1 : 0);
}

export const exact = (time: string) =>
  made('exact', (tag) => new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'medium' })).format(Date.parse(time));
export const clock = (time: string) => made('clock', (tag) => new Intl.DateTimeFormat(tag, { timeStyle: 'medium' })).format(Date.parse(time));
export const hourOf = (time: Date) =>
  made('hour', (tag) => new Intl.DateTimeFormat(tag, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' })).format(time);
export const timeOf = (time: Date) => made('time', (tag) => new Intl.DateTimeFormat(tag, { hour: 'numeric', minute: '2-digit' })).format(time);
export const dayOf = (time: Date) => made('day', (tag) => new Intl.DateTimeFormat(tag, { month: 'short', day: 'numeric' })).format(time);

export function relative(time: string, at: number): string {
  let seconds = (Date.parse(time) - at) / 1000;
  if (seconds > 0 && seconds < 3) seconds = 0; // the page's clock ticks once a second
  const size = Math.abs(seconds);
  const maker = made('relative', (tag) => new Intl.RelativeTimeFormat(tag, { numeric: 'auto', style: 'short' }));
  if (size < 60) return maker.format(Math.round(seconds), 'second');
  if (size < 3600) return maker.format(Math.round(seconds / 60), 'minute');
  if (size < 86400) return maker.format(Math.round(seconds / 3600), 'hour');
  return maker.format(Math.round(seconds / 86400), 'day');
}

export const tokens = (context: Maybe) =>
  context === null || context === undefined ? kNone
  : context >= 1048576 ? `${number(context / 1048576, 1)}M`
  : context >= 1024 ? `${number(context / 1024)}K`
  : number(context);

// What happens in the gateway, as its events tell: requests in flight, those that ended, and a bell for pages that show
// something which an event makes old.
import { signal } from '@preact/signals';
import { get } from '../api';
import type { EventName, Line } from '../hub';
import type { Attempt, Flight, RequestRow } from '../types';
import { onTold, read, rest } from './windows';

export const line = signal<Line>('connecting');
export const flights = signal<Flight[]>([]);
export const recent = signal<RequestRow[]>([]);

const kRecent = 200;

type Listener = (name: EventName, data: any) => void;
const listeners = new Set<Listener>();
export function listen(then: Listener): () => void {
  listeners.add(then);
  return () => void listeners.delete(then);
}

let flying = new Map<string, Flight>();
let ended: RequestRow[] = [];
let showing = 0;

// Many events a second become a few pictures a second.
function show() {
  showing ||= window.setTimeout(() => {
    showing = 0;
    flights.value = [...flying.values()].sort((a, b) => (a.time < b.time ? 1 : -1));
    recent.value = ended;
  }, 100);
}

async function catchUp() {
  const [inFlight, past] = await Promise.allSettled([
    get<{ requests: Flight[] }>('requests/live'),
    get<{ requests: RequestRow[] }>(`requests?limit=${kRecent}`),
  ]);
  if (inFlight.status === 'fulfilled') flying = new Map(inFlight.value.requests.map((one) => [one.id, one]));
  if (past.status === 'fulfilled') {
    const known = new Set(past.value.requests.map((one) => one.id));
    // The log is a second behind the events.
    ended = [...ended.filter((one) => !known.has(one.id) && one.time > (past.value.requests[0]?.time ?? '')), ...past.value.requests].slice(0, kRecent);
    for (const one of ended) flying.delete(one.id);
  }
  show();
}

function take(name: EventName, data: any) {
  if (name === 'started') flying.set(data.id, data as Flight);
  else if (name === 'asking') {
    const one = flying.get(data.id);
    if (one) flying.set(data.id, { ...one, ...data, state: 'asking' });
  } else if (name === 'attempt') {
    const one = flying.get(data.id);
    if (one) flying.set(data.id, { ...one, attempts: [...one.attempts, data.attempt as Attempt] });
  } else if (name === 'content') {
    const one = flying.get(data.id);
    if (one) flying.set(data.id, { ...one, ...data, state: 'answering' });
  } else if (name === 'request') {
    // The event of an end leaves out what the flight has told.
    const { first_content_ms } = flying.get(data.id) ?? {};
    flying.delete(data.id);
    ended = [{ first_content_ms, ...data } as RequestRow, ...ended.filter((one) => one.id !== data.id)].slice(0, kRecent);
  } else if (name === 'lost') void catchUp();
  show();
}

onTold((told) => {
  if ('line' in told) {
    line.value = told.line;
    return;
  }
  const { event: name } = told;
  const data = JSON.parse(told.data || 'null');
  if (name === 'hello') {
    line.value = 'open';
    void catchUp();
  } else take(name, data);
  for (const one of listeners) one(name, data);
});

// A page that nobody sees is told nothing, and holds no connection open.
let wanted = false;
document.addEventListener('visibilitychange', () => {
  if (document.hidden) rest();
  else if (wanted) open();
});

export function connect() {
  wanted = true;
  if (!document.hidden) open();
}

function open() {
  line.value = 'connecting';
  read();
}

export function disconnect() {
  wanted = false;
  rest();
}

// Who signs out leaves nothing behind.
export function clear() {
  disconnect();
  flying = new Map();
  ended = [];
  flights.value = [];
  recent.value = [];
}

// Live rows carry a count of tokens that no event tells; asked for while somebody looks.
export async function refreshFlights() {
  if (flying.size === 0) return;
  const { requests } = await get<{ requests: Flight[] }>('requests/live');
  for (const one of requests) if (flying.has(one.id)) flying.set(one.id, one);
  show();
}

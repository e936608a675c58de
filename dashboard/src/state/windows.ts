// This window's line to the hub: one hub for all windows of the browser, or its own where there are no shared workers (Chrome on
// Android) or the browser forbids them.
import { join, kBeat, kMissed, type Said, type Told } from '../hub';

type Heard = Exclude<Told, { turn: number } | 'beat'>;

let hear: (told: Heard) => void = () => {};
export const onTold = (then: (told: Heard) => void) => void (hear = then);

let port: MessagePort | null = null;
let reading = false;
let silent = 0; // beats that did not come
const turns = new Map<number, (come: boolean) => void>();
let last = 0;

function alone(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  join(port1);
  return port2;
}

// The name stands for the messages of hub.ts and changes with them: windows from before an update hold on to the old worker.
function shared(): MessagePort {
  try {
    const worker = new SharedWorker(new URL('../worker.ts', import.meta.url), { type: 'module', name: 'hub 1' });
    worker.onerror = () => {
      if (port === worker.port) use(alone());
    };
    return worker.port;
  } catch {
    return alone();
  }
}

// From here on this is the line; the hub at its end knows nothing of this window yet.
function use(next: MessagePort) {
  port?.postMessage('gone' satisfies Said);
  port?.close();
  port = next;
  silent = 0;
  next.onmessage = ({ data: told }: MessageEvent<Told>) => {
    silent = 0;
    if (told === 'beat') say('here');
    else if ('turn' in told) turns.get(told.turn)?.(told.come);
    else if (reading) hear(told);
  };
  if (reading) say('read');
  for (const want of turns.keys()) say({ want });
}

setInterval(() => {
  if (!port || (!reading && turns.size === 0) || silent++ < kMissed) return;
  if (reading) hear({ line: 'lost' });
  use(shared());
}, kBeat);

function say(said: Said) {
  if (port) port.postMessage(said);
  else use(shared());
}

export function read() {
  if (reading) return;
  reading = true;
  say('read');
}

export function rest() {
  if (!reading) return;
  reading = false;
  say('rest');
}

addEventListener('pagehide', () => port && say('gone'));

// Waits until this window may stream one more answer; calls `wait` if that is not at once. What it resolves to lets the next one
// in, and must be called. Rejects when `signal` aborts.
export function turn(wait: () => void, signal?: AbortSignal): Promise<() => void> {
  const number = ++last;
  const done = () => {
    if (turns.delete(number)) say({ done: number });
  };
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    signal?.addEventListener('abort', () => {
      done();
      reject(signal.reason);
    });
    turns.set(number, (come) => {
      if (!come) return wait();
      turns.set(number, () => {}); // another hub may say again what this one said
      resolve(done);
    });
    say({ want: number });
  });
}

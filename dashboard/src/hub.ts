// What all windows of a browser share, because it opens six connections to one host and no more: one stream of events, and turns
// for answers that stream. Lives in a shared worker (worker.ts), or in a window that has no other to share with.
export const kNames = ['hello', 'started', 'asking', 'attempt', 'content', 'request', 'bench', 'lifted', 'reload', 'lost'] as const;
export type EventName = (typeof kNames)[number];
export type Line = 'connecting' | 'open' | 'lost';

// What a window says: it reads events from now on, or no more; wants turn number so-and-so, or is done with it; is still there, or
// leaves.
export type Said = 'read' | 'rest' | 'here' | 'gone' | { want: number } | { done: number };
// What it is told: an event as it came, that there is no stream or not yet, whether its turn has come or somebody is before it; and
// the beat that it answers.
export type Told = { event: EventName; data: string } | { line: 'connecting' | 'lost' } | { turn: number; come: boolean } | 'beat';

// Nobody tells that a window or the worker crashed. Who misses so many beats did.
export const kBeat = 3000;
export const kMissed = 3;

const kTurns = 3; // with the events, two connections are left for what people click
const kLongest = 15000;

const readers = new Set<MessagePort>();
let source: EventSource | null = null;
let hello: string | null = null; // of the stream that is open
let retry: ReturnType<typeof setTimeout> | undefined;
let pause = 1000;

const tell = (port: MessagePort, told: Told) => port.postMessage(told);
const tellAll = (told: Told) => readers.forEach((port) => tell(port, told));

function open() {
  close();
  tellAll({ line: 'connecting' });
  const opened = new EventSource('/admin/api/events');
  source = opened;
  for (const event of kNames)
    opened.addEventListener(event, ({ data }: MessageEvent<string>) => {
      if (event === 'hello') {
        hello = data;
        pause = 1000;
      }
      tellAll({ event, data });
    });
  opened.onerror = () => {
    if (source !== opened) return;
    close();
    tellAll({ line: 'lost' });
    retry = setTimeout(open, pause);
    pause = Math.min(pause * 2, kLongest);
  };
}

function close() {
  clearTimeout(retry);
  source?.close();
  source = null;
  hello = null;
}

// Who comes to an open stream is greeted like those before, and loads what they know.
function read(port: MessagePort) {
  readers.add(port);
  if (!source) open();
  else if (hello !== null) tell(port, { event: 'hello', data: hello });
}

function rest(port: MessagePort) {
  if (readers.delete(port) && readers.size === 0) close();
}

interface Turn {
  port: MessagePort;
  number: number;
  come: boolean;
}
let turns: Turn[] = []; // the first of these have come

function want(port: MessagePort, number: number) {
  const turn = { port, number, come: turns.length < kTurns };
  turns.push(turn);
  tell(port, { turn: number, come: turn.come });
}

function done(which: (turn: Turn) => boolean) {
  turns = turns.filter((turn) => !which(turn));
  for (const turn of turns.slice(0, kTurns)) {
    if (turn.come) continue;
    turn.come = true;
    tell(turn.port, { turn: turn.number, come: true });
  }
}

function gone(port: MessagePort) {
  missed.delete(port);
  rest(port);
  done((turn) => turn.port === port);
}

const missed = new Map<MessagePort, number>();
let beating: ReturnType<typeof setInterval> | undefined;

function beat() {
  for (const port of new Set([...readers, ...turns.map((turn) => turn.port)])) {
    const count = missed.get(port) ?? 0;
    missed.set(port, count + 1);
    if (count < kMissed) tell(port, 'beat');
    else gone(port);
  }
}

export function join(port: MessagePort) {
  beating ??= setInterval(beat, kBeat);
  port.onmessage = ({ data: said }: MessageEvent<Said>) => {
    missed.delete(port);
    if (said === 'here') return;
    if (said === 'read') read(port);
    else if (said === 'rest') rest(port);
    else if (said === 'gone') gone(port);
    else if ('want' in said) want(port, said.want);
    else done((turn) => turn.port === port && turn.number === said.done);
  };
}

// Documents of the admin API, kept by path or name, so that a page shows at once what it last knew and then what is true now.
import { signal, type Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get, sentence } from '../api';
import type { EventName } from '../hub';
import { listen } from './live';

export interface Held<T> {
  data: Signal<T | null>;
  problem: Signal<string | null>;
  load: () => Promise<void>;
}

const held = new Map<string, Held<any>>();
const kMost = 100;

function hold<T>(name: string, path: () => string): Held<T> {
  const known = held.get(name);
  if (known) return known;
  if (held.size >= kMost) held.delete(held.keys().next().value!);
  const data = signal<T | null>(null);
  const problem = signal<string | null>(null);
  let running: Promise<void> | null = null;
  let again = false;
  const once = async () => {
    try {
      data.value = await get<T>(path());
      problem.value = null;
    } catch (error) {
      problem.value = sentence(error);
    }
  };
  // One question at a time; what is asked for meanwhile is one more afterwards.
  const load = (): Promise<void> => {
    if (running) {
      again = true;
      return running;
    }
    running = (async () => {
      do {
        again = false;
        await once();
      } while (again);
      running = null;
    })();
    return running;
  };
  const made = { data, problem, load };
  held.set(name, made);
  return made;
}

export const forget = () => held.clear();

// Asks when the page comes up, when one of these events comes (at most every two seconds), and every so many seconds. Where the
// path moves with the clock, `name` is what it is kept by.
export function useData<T>(name: string, on: EventName[] = [], every = 0, path: () => string = () => name): Held<T> {
  const one = hold<T>(name, path);
  useEffect(() => {
    void one.load();
    let late: ReturnType<typeof setTimeout> | undefined;
    const later = () => {
      late ??= setTimeout(() => {
        late = undefined;
        void one.load();
      }, 2000);
    };
    const stop = listen((name) => {
      if (name === 'hello' || name === 'reload') void one.load();
      else if (on.includes(name)) later();
    });
    const timer = every ? setInterval(() => document.hidden || void one.load(), every * 1000) : undefined;
    return () => {
      stop();
      clearTimeout(late);
      clearInterval(timer);
    };
  }, [name]);
  return one;
}

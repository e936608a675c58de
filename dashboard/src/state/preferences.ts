// The person's own order, models that are off, and profiles. Changed here, in force for the next request.
import { signal } from '@preact/signals';
import { get, put, sentence } from '../api';
import type { Preferences } from '../types';

export const preferences = signal<Preferences | null>(null);
export const preferencesProblem = signal<string | null>(null);

// What the server told last; `preferences` may be ahead of it.
let told: Preferences | null = null;
let waiting = 0;
let last: Promise<unknown> = Promise.resolve();

async function fetched(): Promise<Preferences> {
  told = await get<Preferences>('preferences');
  return told;
}

export async function loadPreferences() {
  try {
    await fetched();
    if (!waiting) preferences.value = told;
    preferencesProblem.value = null;
  } catch (error) {
    preferencesProblem.value = sentence(error);
  }
}

type Change = (now: Preferences) => Partial<Preferences>;

// Shows the change at once and makes it to what the server has by then, which another page may have changed. What the server
// refuses is taken back, and thrown.
export function prefer(change: Change): Promise<void> {
  const shown = preferences.value;
  if (!shown) return Promise.resolve();
  preferences.value = { ...shown, ...change(shown) };
  waiting++;
  const done = last.then(async () => {
    try {
      const { order, off, profiles } = await fetched();
      told = await put<Preferences>('preferences', { order, off, profiles, ...change(told!) });
    } finally {
      if (--waiting === 0 && told) preferences.value = told;
    }
  });
  last = done.catch(() => {});
  return done;
}

export const isOff = (id: string) => {
  const off = preferences.value?.off ?? [];
  return off.includes(id) || off.includes(id.slice(0, id.indexOf('/')));
};

export const turn = (id: string, on: boolean) =>
  prefer(({ off }) => ({ off: [...off.filter((one) => one !== id), ...(on ? [] : [id])] }));

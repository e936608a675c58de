// The person's own order, models that are off, and profiles. Changed here, in force for the next request.
import { signal } from '@preact/signals';
import { get, put, sentence } from '../api';
import type { Preferences } from '../types';

export const preferences = signal<Preferences | null>(null);
export const preferencesProblem = signal<string | null>(null);

export async function loadPreferences() {
  try {
    preferences.value = await get<Preferences>('preferences');
    preferencesProblem.value = null;
  } catch (error) {
    preferencesProblem.value = sentence(error);
  }
}

// Shows the change at once; takes it back if the server refuses.
export async function prefer(change: Partial<Preferences>) {
  const before = preferences.value;
  if (!before) return;
  const next = { order: before.order, off: before.off, profiles: before.profiles, ...change };
  preferences.value = { ...before, ...next };
  try {
    preferences.value = await put<Preferences>('preferences', next);
    preferencesProblem.value = null;
  } catch (error) {
    preferences.value = before;
    preferencesProblem.value = sentence(error);
  }
}

export const isOff = (id: string) => {
  const off = preferences.value?.off ?? [];
  return off.includes(id) || off.includes(id.slice(0, id.indexOf('/')));
};

export function turn(id: string, on: boolean) {
  const off = preferences.value?.off ?? [];
  return prefer({ off: on ? off.filter((one) => one !== id) : [...off, id] });
}

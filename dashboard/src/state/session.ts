// Who is signed in. The cookie is the browser's; the page knows the rest of GET session.
import { signal } from '@preact/signals';
import { csrf, get, onSignedOut, onStale, post, remove, sentence } from '../api';
import type { Session } from '../types';

export const session = signal<Session | null>(null);
export const sessionProblem = signal<string | null>(null);

export function take(next: Session) {
  csrf.value = next.csrf;
  session.value = next;
  sessionProblem.value = null;
}

export async function loadSession() {
  try {
    take(await get<Session>('session'));
  } catch (error) {
    sessionProblem.value = sentence(error);
  }
}

export const signIn = async (account: string, password: string) => take(await post<Session>('session', { account, password }));
export const setUp = async (account: string, password: string, code: string | null) =>
  take(await post<Session>('setup', code ? { account, password, code } : { account, password }));

export async function signOut() {
  await remove('session');
  await loadSession();
}

export async function confirmPassword(password: string) {
  const { confirmed_until } = await post<{ confirmed_until: string }>('session/confirm', { password });
  if (session.value) session.value = { ...session.value, confirmed_until };
}

onSignedOut(() => void loadSession());
onStale(loadSession);

// What this browser keeps: theme and language. Neither is a secret.
import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

export function kept(name: string): string | null {
  try {
    return localStorage.getItem(`freeway.${name}`);
  } catch {
    return null;
  }
}
export function keep(name: string, value: string) {
  try {
    localStorage.setItem(`freeway.${name}`, value);
  } catch {
    // A browser that keeps nothing forgets it with the page.
  }
}

const theme_kept = kept('theme');
export const theme = signal<Theme>(theme_kept === 'light' || theme_kept === 'dark' ? theme_kept : 'system');
effect(() => {
  document.documentElement.dataset.theme = theme.value;
});
export function chooseTheme(next: Theme) {
  theme.value = next;
  keep('theme', next);
}

export const languageKept = () => kept('language');

// One line that says what was just done; read out by screen readers, gone after some seconds.
import { signal } from '@preact/signals';

const said = signal<string | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

export function say(words: string) {
  said.value = words;
  clearTimeout(timer);
  timer = setTimeout(() => (said.value = null), 5000);
}

export const Toast = () => <div class="toast" role="status" aria-live="polite">{said.value && <p>{said.value}</p>}</div>;

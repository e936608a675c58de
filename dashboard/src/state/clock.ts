// The server's time, once a second while the page can be seen.
import { signal } from '@preact/signals';
import { skew } from '../api';

const read = () => Date.now() + skew.peek();
export const now = signal(read());

setInterval(() => {
  if (!document.hidden) now.value = read();
}, 1000);
document.addEventListener('visibilitychange', () => (now.value = read()));

// The page that is shown, by the address's hash: #/live/req_1?x=y is path ["live", "req_1"], parameters {x: "y"}.
import { signal } from '@preact/signals';

export interface Place {
  path: string[];
  parameters: URLSearchParams;
}

// "100%" is nobody's escape and stands for itself.
function plain(piece: string): string {
  try {
    return decodeURIComponent(piece);
  } catch {
    return piece;
  }
}

function read(): Place {
  const [path = '', parameters = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return { path: path.split('/').filter(Boolean).map(plain), parameters: new URLSearchParams(parameters) };
}

export const place = signal(read());
addEventListener('hashchange', () => (place.value = read()));

export const to = (...path: string[]) => '#/' + path.map(encodeURIComponent).join('/');
export const go = (...path: string[]) => void (location.hash = to(...path));

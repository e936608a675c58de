// The page that is shown, by the address's hash: #/live/req_1?x=y is path ["live", "req_1"], parameters {x: "y"}.
import { signal } from '@preact/signals';

export interface Place {
  path: string[];
  parameters: URLSearchParams;
}

function read(): Place {
  const [path = '', parameters = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return { path: path.split('/').filter(Boolean).map(decodeURIComponent), parameters: new URLSearchParams(parameters) };
}

export const place = signal(read());
addEventListener('hashchange', () => (place.value = read()));

export const to = (...path: string[]) => '#/' + path.map(encodeURIComponent).join('/');
export const go = (...path: string[]) => void (location.hash = to(...path));

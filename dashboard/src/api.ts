// What the page asks of /admin/api. A call that fails throws a Problem whose message is a sentence for people.
import { signal } from '@preact/signals';
import { t } from './strings';

export class Problem extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string | null,
    readonly retryAfter: number | null = null,
    readonly request: string | null = null, // the gateway's name for the request that failed
  ) {
    super(message);
  }
}

// A question that the person closed: nothing was done and nothing went wrong.
export class Closed extends Error {}

// Set by the session; sent with every call that changes something.
export const csrf = signal<string | null>(null);
// How far the server's clock is ahead of this machine's, in ms; 0 unless they differ visibly.
export const skew = signal(0);
// Called when the server no longer knows the session.
let signedOut = () => {};
export const onSignedOut = (then: () => void) => void (signedOut = then);
// Called when another tab signed in anew, so that `csrf` is of a session that this browser has no more.
let renew = async () => {};
export const onStale = (then: () => Promise<void>) => void (renew = then);

const kPrefix = '/admin/api/';

async function problemOf(answer: Response): Promise<Problem> {
  const wait = Number(answer.headers.get('retry-after')) || null;
  let message = '', code: string | null = null;
  try {
    const { error } = await answer.json();
    message = error.message;
    code = error.code;
  } catch {
    message = t().errors.status(answer.status);
  }
  return new Problem(message, answer.status, code, wait, answer.headers.get('x-request-id'));
}

interface Options {
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

// The whole answer; what is not 2xx throws.
export async function ask(method: string, path: string, body?: unknown, options: Options = {}): Promise<Response> {
  const shown = csrf.value;
  try {
    return await once(method, path, body, options);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'csrf') throw error;
    await renew();
    if (!csrf.value || csrf.value === shown) throw error;
    return once(method, path, body, options);
  }
}

async function once(method: string, path: string, body: unknown, options: Options): Promise<Response> {
  const headers: Record<string, string> = { ...options.headers };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (method !== 'GET' && csrf.value) headers['x-freeway-csrf'] = csrf.value;
  let answer: Response;
  try {
    answer = await fetch(kPrefix + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal: options.signal, cache: 'no-store' });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Problem(t().errors.unreachable, 0, 'unreachable');
  }
  const date = Date.parse(answer.headers.get('date') ?? '');
  if (date) {
    const ahead = date + 500 - Date.now();
    skew.value = Math.abs(ahead) > 3000 ? ahead : 0;
  }
  if (answer.ok) return answer;
  const problem = await problemOf(answer);
  if (answer.status === 401 && !path.startsWith('session')) signedOut();
  throw problem;
}

async function json<T>(answer: Promise<Response>): Promise<T> {
  const got = await answer;
  return got.status === 204 ? (null as T) : ((await got.json()) as T);
}

export const get = <T>(path: string, signal?: AbortSignal) => json<T>(ask('GET', path, undefined, { signal }));
export const post = <T>(path: string, body?: unknown) => json<T>(ask('POST', path, body));
export const put = <T>(path: string, body: unknown) => json<T>(ask('PUT', path, body));
export const patch = <T>(path: string, body: unknown) => json<T>(ask('PATCH', path, body));
export const remove = <T>(path: string) => json<T>(ask('DELETE', path));

export function sentence(error: unknown): string {
  if (error instanceof Problem && error.status === 429 && error.retryAfter) return `${error.message} ${t().errors.wait(error.retryAfter)}`;
  return error instanceof Error ? error.message : String(error);
}

// "a/b" and "ü" as one piece of a path.
export const piece = encodeURIComponent;
export function query(parameters: Record<string, string | number | null | undefined>): string {
  const all = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return all.length ? '?' + new URLSearchParams(all.map(([name, value]) => [name, String(value)])) : '';
}

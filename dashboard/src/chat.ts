// Chat completions by the page itself, through POST playground: the answer as it streams.
import { ask } from './api';
import { turn } from './state/windows';

export interface ToolCall {
  name: string;
  arguments: string;
}

export interface Heard {
  queued: boolean; // nothing is sent before other answers have ended
  id: string | null; // the gateway's name for the request
  via: string | null; // provider/model, once known
  text: string;
  thought: string;
  calls: ToolCall[];
  finish: string | null;
  done: boolean;
}

const kNothing: Heard = { queued: false, id: null, via: null, text: '', thought: '', calls: [], finish: null, done: false };

interface Chunk {
  error?: { message: string };
  choices?: {
    delta?: { content?: string | null; reasoning_content?: string | null; reasoning?: string | null; tool_calls?: { index: number; function?: { name?: string; arguments?: string } }[] };
    finish_reason?: string | null;
  }[];
}

function add(heard: Heard, chunk: Chunk) {
  if (chunk.error) throw new Error(chunk.error.message);
  const choice = chunk.choices?.[0];
  if (!choice) return;
  heard.text += choice.delta?.content ?? '';
  heard.thought += choice.delta?.reasoning_content ?? choice.delta?.reasoning ?? '';
  for (const part of choice.delta?.tool_calls ?? []) {
    const call = (heard.calls[part.index] ??= { name: '', arguments: '' });
    call.name += part.function?.name ?? '';
    call.arguments += part.function?.arguments ?? '';
  }
  heard.finish = choice.finish_reason ?? heard.finish;
}

// Tells `hear` whenever there is more, at most once a picture. Ends with the whole; throws what went wrong. Waits for its turn
// among all answers that the browser's windows have streamed.
export async function chat(body: Record<string, unknown>, hear: (heard: Heard) => void, signal?: AbortSignal): Promise<Heard> {
  const done = await turn(() => hear({ ...kNothing, queued: true }), signal);
  try {
    hear(kNothing);
    return await streamed(body, hear, signal);
  } finally {
    done();
  }
}

async function streamed(body: Record<string, unknown>, hear: (heard: Heard) => void, signal?: AbortSignal): Promise<Heard> {
  const answer = await ask('POST', 'playground', { ...body, stream: true }, { signal });
  const heard: Heard = { ...kNothing, calls: [], id: answer.headers.get('x-request-id'), via: answer.headers.get('x-routed-via') };
  let picture = 0;
  const tell = () => {
    picture ||= requestAnimationFrame(() => {
      picture = 0;
      hear({ ...heard, calls: [...heard.calls] });
    });
  };
  tell();
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      rest += value;
      const lines = rest.split(/\r?\n/);
      rest = lines.pop()!;
      for (const line of lines) {
        if (!line.startsWith('data:')) continue;
        const data = line.slice(5).trim();
        if (data && data !== '[DONE]') add(heard, JSON.parse(data));
      }
      tell();
    }
  } finally {
    cancelAnimationFrame(picture);
    heard.done = true;
    hear({ ...heard });
  }
  return heard;
}

// The words of each surface: how a test asks the same of all of them, and understands what they answer.
import assert from 'node:assert/strict';

import {chat, events, user} from './harness.mjs';

export const PIXEL = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const QUERY = {type: 'object', properties: {q: {type: 'string'}}};
export const CITY = {type: 'object', properties: {city: {type: 'string'}}, required: ['city'], additionalProperties: false};

const named = (text) =>
  text
    .split('\n\n')
    .map((event) => /^data: (.*)$/m.exec(event)?.[1])
    .filter((data) => data && data !== '[DONE]')
    .map((data) => JSON.parse(data));
const joined = (list) => list.join('');

// How each surface says a thing, and what it understood: {text, calls: [[name, arguments]], finish, reasoning, usage: [in, out]}.
// A feature that is missing here is told as not offered, with the reason.
export const SURFACES = {
  'chat completions': {
    target: '/v1/chat/completions',
    body: (content, more) => chat('m', content, more),
    system: (text) => ({messages: [{role: 'system', content: text}, ...user('hi')]}),
    tools: {tools: [{type: 'function', function: {name: 'lookup', parameters: QUERY}}]},
    result: (asked, [id]) => ({
      messages: [
        ...asked.messages,
        {role: 'assistant', content: null, tool_calls: [{id, type: 'function', function: {name: 'lookup', arguments: '{"q":"x"}'}}]},
        {role: 'tool', tool_call_id: id, content: 'found'},
      ],
    }),
    image: {messages: user([{type: 'text', text: 'what?'}, {type: 'image_url', image_url: {url: PIXEL}}])},
    schema: {response_format: {type: 'json_schema', json_schema: {name: 'city', schema: CITY}}},
    cut: {max_tokens: 3},
    stop: {stop: ['###']},
    several: {n: 2},
    texts: ({choices}) => choices.map(({message}) => message.content),
    functions: {functions: [{name: 'lookup', parameters: QUERY}], function_call: {name: 'lookup'}},
    streamed: {stream: true, stream_options: {include_usage: true}},
    whole: ({choices: [{message, finish_reason}], usage}) => ({
      text: message.content ?? '',
      calls: (message.tool_calls ?? []).map((call) => [call.function.name, call.function.arguments, call.id]),
      reasoning: message.reasoning_content ?? '',
      finish: finish_reason,
      usage: [usage.prompt_tokens, usage.completion_tokens],
    }),
    stream: (text) => {
      const chunks = events(text).filter((data) => data !== '[DONE]').map((data) => JSON.parse(data));
      const deltas = chunks.flatMap((chunk) => chunk.choices ?? []);
      const pieces = deltas.flatMap(({delta}) => delta.tool_calls ?? []);
      const calls = [];
      for (const {index, id, function: made} of pieces) {
        calls[index] ??= ['', '', ''];
        calls[index][0] += made.name ?? '';
        calls[index][1] += made.arguments ?? '';
        calls[index][2] += id ?? '';
      }
      const usage = chunks.findLast((chunk) => chunk.usage)?.usage ?? {};
      return {
        text: joined(deltas.map(({delta}) => delta.content ?? '')),
        reasoning: joined(deltas.map(({delta}) => delta.reasoning_content ?? '')),
        calls,
        parts: pieces.filter((piece) => piece.function.arguments).length,
        finish: deltas.findLast((choice) => choice.finish_reason)?.finish_reason,
        usage: [usage.prompt_tokens, usage.completion_tokens],
        error: chunks.find((chunk) => chunk.error)?.error.message,
      };
    },
    finishes: {done: 'stop', cut: 'length', tools: 'tool_calls'},
    error: ({error}) => error.message,
    code: ({error}) => error.code,
  },
  completions: {
    target: '/v1/completions',
    body: (content, more) => ({model: 'm', prompt: content, ...more}),
    cut: {max_tokens: 3},
    stop: {stop: ['###']},
    several: {n: 2},
    texts: ({choices}) => choices.map(({text}) => text),
    streamed: {stream: true, stream_options: {include_usage: true}},
    whole: ({choices: [{text, finish_reason}], usage}) => ({text, finish: finish_reason, usage: [usage.prompt_tokens, usage.completion_tokens]}),
    stream: (text) => {
      const chunks = named(text);
      const choices = chunks.flatMap((chunk) => chunk.choices ?? []);
      const usage = chunks.findLast((chunk) => chunk.usage)?.usage ?? {};
      return {
        text: joined(choices.map((choice) => choice.text)),
        finish: choices.findLast((choice) => choice.finish_reason)?.finish_reason,
        usage: [usage.prompt_tokens, usage.completion_tokens],
        error: chunks.find((chunk) => chunk.error)?.error.message,
      };
    },
    finishes: {done: 'stop', cut: 'length'},
    error: ({error}) => error.message,
    code: ({error}) => error.code,
    none: 'a prompt and a text are all that the protocol has',
  },
  responses: {
    target: '/v1/responses',
    body: (content, more) => ({model: 'm', input: content, ...more}),
    system: (text) => ({instructions: text}),
    tools: {tools: [{type: 'function', name: 'lookup', parameters: QUERY}]},
    result: (asked, [call_id]) => ({
      input: [
        ...user(asked.input),
        {type: 'function_call', call_id, name: 'lookup', arguments: '{"q":"x"}'},
        {type: 'function_call_output', call_id, output: 'found'},
      ],
    }),
    image: {input: user([{type: 'input_text', text: 'what?'}, {type: 'input_image', image_url: PIXEL}])},
    schema: {text: {format: {type: 'json_schema', name: 'city', schema: CITY}}},
    cut: {max_output_tokens: 3},
    none_of: {
      stop: 'the protocol has no stop sequences',
      several: 'the protocol gives one answer',
      functions: 'the protocol never had functions before tools',
    },
    streamed: {stream: true},
    whole: (response) => ({
      text: joined(response.output.flatMap((item) => item.content ?? []).filter((part) => part.type === 'output_text').map((part) => part.text)),
      reasoning: joined(response.output.filter((item) => item.type === 'reasoning').flatMap((item) => [...item.summary, ...(item.content ?? [])]).map((part) => part.text)),
      calls: response.output.filter((item) => item.type === 'function_call').map((item) => [item.name, item.arguments, item.call_id]),
      finish: response.incomplete_details?.reason ?? response.status,
      usage: [response.usage?.input_tokens, response.usage?.output_tokens],
    }),
    stream: (text) => {
      const seen = named(text);
      assert.deepEqual(seen.map((event) => event.sequence_number), seen.map((_, i) => i), 'numbers are contiguous');
      const last = seen.at(-1);
      const deltas = (type) => seen.filter((event) => event.type === type);
      return {
        ...(last.response ? SURFACES.responses.whole(last.response) : {}),
        text: joined(deltas('response.output_text.delta').map((event) => event.delta)),
        parts: deltas('response.function_call_arguments.delta').length,
        error: last.response?.error?.message ?? (last.type === 'error' ? last.message : undefined),
      };
    },
    finishes: {done: 'completed', cut: 'max_output_tokens', tools: 'completed'},
    error: ({error}) => error.message,
    code: ({error}) => error.code,
  },
  messages: {
    target: '/v1/messages',
    body: (content, more) => ({model: 'm', max_tokens: 500, messages: user(content), ...more}),
    system: (text) => ({system: text}),
    tools: {tools: [{name: 'lookup', input_schema: QUERY}]},
    result: (asked, [id]) => ({
      messages: [
        ...asked.messages,
        {role: 'assistant', content: [{type: 'tool_use', id, name: 'lookup', input: {q: 'x'}}]},
        {role: 'user', content: [{type: 'tool_result', tool_use_id: id, content: 'found'}]},
      ],
    }),
    image: {messages: user([{type: 'text', text: 'what?'}, {type: 'image', source: {type: 'base64', media_type: 'image/png', data: PIXEL.split(',')[1]}}])},
    schema: {output_config: {format: {type: 'json_schema', schema: CITY}}},
    cut: {max_tokens: 3},
    stop: {stop_sequences: ['###']},
    none_of: {several: 'the protocol gives one answer', functions: 'the protocol never had functions before tools'},
    streamed: {stream: true},
    whole: ({content, stop_reason, usage}) => ({
      text: joined(content.filter((block) => block.type === 'text').map((block) => block.text)),
      reasoning: joined(content.filter((block) => block.type === 'thinking').map((block) => block.thinking)),
      calls: content.filter((block) => block.type === 'tool_use').map((block) => [block.name, JSON.stringify(block.input), block.id]),
      finish: stop_reason,
      usage: [usage.input_tokens, usage.output_tokens],
    }),
    stream: (text) => {
      const seen = named(text);
      const blocks = seen.filter((event) => event.type === 'content_block_start').map((event) => ({...event.content_block, json: ''}));
      const deltas = seen.filter((event) => event.type === 'content_block_delta');
      for (const {index, delta} of deltas) {
        blocks[index].text += delta.text ?? '';
        blocks[index].thinking += delta.thinking ?? '';
        blocks[index].json += delta.partial_json ?? '';
      }
      const broken = seen.find((event) => event.type === 'error')?.error.message;
      for (const block of blocks) if (block.type === 'tool_use' && !broken) block.input = JSON.parse(block.json || '{}');
      const end = seen.findLast((event) => event.type === 'message_delta');
      return {
        ...SURFACES.messages.whole({content: blocks, stop_reason: end?.delta.stop_reason, usage: end?.usage ?? {}}),
        parts: deltas.filter(({delta}) => delta.partial_json).length,
        error: broken,
      };
    },
    finishes: {done: 'end_turn', cut: 'max_tokens', tools: 'tool_use'},
    error: ({error}) => error.message,
    code: ({error}) => error.details?.error_code,
  },
};

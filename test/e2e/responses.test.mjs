// The Responses protocol: the official `openai` library, and what agents send, against the real gateway.
import assert from 'node:assert/strict';

import OpenAI from 'openai';
import {makeParseableTextFormat} from 'openai/lib/parser';

import {CLIENT_KEY, events, scene} from './harness.mjs';

const SCENARIO = `
[[providers]]
id = "u1"
keys = ["k1"]
models = ["m1"]
rules = [
  { match = "weather", answer = { call_tools = true } },
  { match = "both", answer = { tool_calls = [{ name = "f", arguments = { a = 1 } }, { name = "g", arguments = { b = 2 } }], tool_chunks = 6 } },
  { match = "patch it", answer = { tool_calls = [{ name = "patch", arguments = { input = "*** Begin \\"x\\"\\nline\\n" } }], tool_chunks = 9 } },
  { match = "mail it", answer = { tool_calls = [{ name = "mcp_mail__send", arguments = { to = "a" } }] } },
  { match = "as JSON", answer = { structured = '{"city":"Lyon","size":3}', text = "no JSON" } },
  { match = "think", answer = { reasoning = "hm hm", text = "thought" } },
  { match = "break", fault = { kind = "close_mid_stream", after = 3 } },
  { match = "slow call", answer = { tool_calls = [{ name = "f", arguments = { a = "0123456789012345678901234567890123456789" } }], tool_chunks = 8, tool_delay = "100ms" } },
]
tokens = 12
`;
const CONFIG = `
[[client_keys]]
name = "test"
key = "fw-end-to-end-client-key"
[[client_keys]]
name = "other"
key = "fw-other-client-key"
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k1"]
  [[providers.models]]
  id = "m1"
  vision = true
`;

const start = (stage) => stage.start({scenario: SCENARIO, config: CONFIG});
const WORDS = Array.from({length: 12}, (_, i) => `w${i}`).join(' ');
const PICTURE = 'data:image/png;base64,iVBORw0KGgo=';
const ask = (input, more = {}) => ({model: 'm1', input, ...more});
const fn = (name) => ({type: 'function', name, strict: false, parameters: {type: 'object', properties: {}}});
const seen = async (farm) => JSON.parse((await farm.requests()).at(-1).body);
const failure = async (promise) => {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  assert.fail('there is an error');
};
// A strict reader: every event numbered, every item added once and done once, the final output what was done.
function check(list) {
  const items = [];
  list.forEach((event, at) => assert.equal(event.sequence_number, at));
  for (const event of list) {
    if (event.type === 'response.output_item.added') {
      assert.equal(event.output_index, items.length);
      items.push({id: event.item.id});
    }
    if (event.item_id) assert.equal(event.item_id, items[event.output_index].id);
    if (event.type === 'response.output_item.done') {
      assert.equal(items[event.output_index].done, undefined);
      assert.equal(event.item.id, items[event.output_index].id);
      items[event.output_index].done = event.item;
    }
  }
  const last = list.at(-1);
  assert.deepEqual(last.response.output, items.flatMap((item) => item.done ?? []));
  return last;
}
const collect = async (stream) => {
  const list = [];
  for await (const event of stream) list.push(event);
  return list;
};

scene('a response, whole: output text, usage, what was asked', async (stage) => {
  const {farm, gateway} = await start(stage);
  const {data, response} = await gateway
    .openai()
    .responses.create(ask('hi', {instructions: 'Be brief.', max_output_tokens: 100, metadata: {a: 'b'}}))
    .withResponse();
  assert.equal(data.output_text, WORDS);
  assert.equal(data.status, 'completed');
  assert.equal(data.usage.output_tokens, 12);
  assert.equal(data.usage.total_tokens, data.usage.input_tokens + 12);
  assert.deepEqual(data.metadata, {a: 'b'});
  assert.equal(data.instructions, 'Be brief.');
  assert.equal(response.headers.get('x-routed-via'), 'u1/m1');
  assert.equal(response.headers.get('x-freeway-dropped'), null);
  const request = await seen(farm);
  assert.deepEqual(request.messages, [
    {role: 'system', content: 'Be brief.'},
    {role: 'user', content: 'hi'},
  ]);
  assert.equal(request.max_tokens, 100);
});

scene('a stream keeps to the grammar, and the library puts it together', async (stage) => {
  const {gateway} = await start(stage);
  const client = gateway.openai();
  const list = await collect(await client.responses.create(ask('think', {stream: true, reasoning: {summary: 'auto'}})));
  const last = check(list);
  assert.equal(last.type, 'response.completed');
  assert.deepEqual(last.response.output.map((item) => item.type), ['reasoning', 'message']);
  assert.equal(last.response.output[0].summary[0].text, 'hm hm');
  const final = await client.responses.stream(ask('hi')).finalResponse();
  assert.equal(final.output_text, WORDS);
  assert.equal(final.usage.output_tokens, 12);
  const raw = await client.responses.stream(ask('think')).finalResponse();
  assert.equal(raw.output[0].content[0].text, 'hm hm');
});

scene('RS1 two turns: the second request contains turn one', async (stage) => {
  const {farm, gateway} = await start(stage);
  const client = gateway.openai();
  const first = await client.responses.create(ask('I am Ada.', {instructions: 'one'}));
  const second = await client.responses.create(ask('Who am I?', {previous_response_id: first.id, instructions: 'two'}));
  assert.equal(second.previous_response_id, first.id);
  assert.deepEqual((await seen(farm)).messages, [
    {role: 'system', content: 'two'},
    {role: 'user', content: 'I am Ada.'},
    {role: 'assistant', content: WORDS},
    {role: 'user', content: 'Who am I?'},
  ]);

  const unknown = await failure(client.responses.create(ask('x', {previous_response_id: 'resp_unknown'})));
  assert.equal(unknown.status, 404);
  assert.equal(unknown.code, 'previous_response_not_found');
  assert.equal(unknown.param, 'previous_response_id');
  const other = new OpenAI({apiKey: 'fw-other-client-key', baseURL: `${gateway.url}/v1`, maxRetries: 0});
  assert.equal((await failure(other.responses.retrieve(first.id))).status, 404);
  assert.equal((await failure(other.responses.create(ask('x', {previous_response_id: first.id})))).status, 404);

  const unkept = await client.responses.create(ask('x', {store: false}));
  assert.equal((await failure(client.responses.retrieve(unkept.id))).status, 404);
  assert.equal((await failure(client.responses.create(ask('y', {previous_response_id: unkept.id})))).status, 404);
});

scene('a kept response is got, its input listed, and deleted', async (stage) => {
  const {gateway} = await start(stage);
  const client = gateway.openai();
  const made = await client.responses.stream(ask([{role: 'user', content: 'one'}, {role: 'user', content: 'two'}])).finalResponse();
  const got = await client.responses.retrieve(made.id);
  assert.deepEqual(got.output[0].content[0].text, WORDS);
  const texts = [];
  for await (const item of client.responses.inputItems.list(made.id, {order: 'asc', limit: 1})) texts.push(item.content[0].text);
  assert.deepEqual(texts, ['one', 'two']);
  const cancelled = await failure(client.responses.cancel(made.id));
  assert.equal(cancelled.status, 400);
  const streamed = await failure(client.responses.retrieve(made.id, {stream: true}));
  assert.equal(streamed.status, 400);
  assert.equal(streamed.param, 'stream');
  await client.responses.delete(made.id);
  assert.equal((await failure(client.responses.retrieve(made.id))).status, 404);
  assert.equal((await failure(client.responses.delete(made.id))).status, 404);
});

scene('RS2 what was cut is incomplete, what broke has failed', async (stage) => {
  const {gateway} = await start(stage);
  const client = gateway.openai();
  const whole = await client.responses.create(ask('hi', {max_output_tokens: 3}));
  assert.equal(whole.status, 'incomplete');
  assert.deepEqual(whole.incomplete_details, {reason: 'max_output_tokens'});
  const cut = check(await collect(await client.responses.create(ask('hi', {max_output_tokens: 3, stream: true}))));
  assert.equal(cut.type, 'response.incomplete');
  assert.equal(cut.response.incomplete_details.reason, 'max_output_tokens');
  assert.equal(cut.response.output[0].status, 'incomplete');
  const broken = check(await collect(await client.responses.create(ask('break', {stream: true}))));
  assert.equal(broken.type, 'response.failed');
  assert.equal(broken.response.error.code, 'server_error');
  assert.deepEqual(broken.response.output, []);
});

scene('RS4 a free-form tool is declared, called and replayed', async (stage) => {
  const {farm, gateway} = await start(stage);
  const client = gateway.openai();
  const tools = [{type: 'custom', name: 'patch', description: 'Patches files.'}];
  const list = await collect(await client.responses.create(ask('patch it', {tools, stream: true})));
  const {response} = check(list);
  const call = response.output[0];
  assert.equal(call.type, 'custom_tool_call');
  assert.equal(call.input, '*** Begin "x"\nline\n');
  const deltas = list.filter((event) => event.type === 'response.custom_tool_call_input.delta');
  assert.ok(deltas.length > 1, 'the input comes while it is written');
  assert.equal(deltas.map((event) => event.delta).join(''), call.input);
  const output = [
    {type: 'custom_tool_call_output', call_id: call.call_id, output: [{type: 'input_text', text: 'ok'}, {type: 'input_image', image_url: PICTURE}]},
    {role: 'user', content: 'And?'},
  ];
  const replayed = await client.responses.create(ask([{role: 'user', content: 'patch it'}, ...response.output, ...output], {tools}));
  assert.equal(replayed.output_text, WORDS);
  const {messages} = await seen(farm);
  assert.deepEqual(messages.map((message) => message.role), ['user', 'assistant', 'tool', 'user', 'user']);
  assert.deepEqual(JSON.parse(messages[1].tool_calls[0].function.arguments), {input: call.input});
  assert.equal(messages[2].tool_call_id, call.call_id);
  assert.equal(messages[3].content[1].image_url.url, PICTURE);
  await client.responses.create(ask(output, {tools, previous_response_id: response.id}));
  assert.deepEqual((await seen(farm)).messages, messages, 'kept or sent, the conversation is the same');
});

scene('parallel calls come while they are written', async (stage) => {
  const {gateway} = await start(stage);
  const client = gateway.openai();
  const {response} = check(await collect(await client.responses.create(ask('both', {tools: [fn('f'), fn('g')], stream: true}))));
  assert.deepEqual(response.output.map((item) => [item.type, item.name, JSON.parse(item.arguments)]), [
    ['function_call', 'f', {a: 1}],
    ['function_call', 'g', {b: 2}],
  ]);
  const before = Date.now();
  let first;
  for await (const event of await client.responses.create(ask('slow call', {tools: [fn('f')], stream: true}))) {
    if (event.type === 'response.function_call_arguments.delta') first ??= Date.now() - before;
  }
  const whole = Date.now() - before;
  assert.ok(first < whole / 2, `L3: the first piece after ${first} of ${whole} ms`);
});

scene('a schema is asked for and parsed', async (stage) => {
  const {gateway} = await start(stage);
  const schema = {
    type: 'object',
    properties: {city: {type: 'string'}, size: {type: 'integer'}},
    required: ['city', 'size'],
    additionalProperties: false,
  };
  const format = makeParseableTextFormat({type: 'json_schema', name: 'city', strict: true, schema}, (text) => JSON.parse(text));
  const parsed = await gateway.openai().responses.parse(ask('as JSON', {text: {format}}));
  assert.deepEqual(parsed.output_parsed, {city: 'Lyon', size: 3});
});

scene('tokens are counted without a call', async (stage) => {
  const {farm, gateway} = await start(stage);
  const client = gateway.openai();
  const few = await client.responses.inputTokens.count(ask('hi'));
  const many = await client.responses.inputTokens.count(ask('hi '.repeat(500), {instructions: 'Be brief.'}));
  assert.equal(few.object, 'response.input_tokens');
  assert.ok(many.input_tokens > few.input_tokens + 100);
  assert.equal(await farm.received(), 0);
});

scene('what an agent sends: everything that has a place is carried, the rest is told', async (stage) => {
  const {farm, gateway} = await start(stage);
  const body = {
    ...ask([
      {type: 'message', role: 'developer', content: [{type: 'input_text', text: '<permissions>'}]},
      {type: 'message', role: 'user', content: [{type: 'input_text', text: 'mail it'}]},
    ]),
    instructions: 'You are an agent.',
    tools: [
      {type: 'function', name: 'exec_command', description: 'Runs.', strict: false, parameters: {type: 'object', properties: {cmd: {type: 'string'}}}},
      {type: 'custom', name: 'apply_patch', description: 'Patches.', format: {type: 'grammar', syntax: 'lark', definition: 'start: "x"'}},
      {type: 'namespace', name: 'mcp_mail', description: 'Mail.', tools: [fn('send')]},
      {type: 'tool_search', execution: 'client', description: 'Finds tools.', parameters: {type: 'object'}},
      {type: 'web_search', external_web_access: false},
    ],
    tool_choice: 'auto',
    parallel_tool_calls: true,
    reasoning: {effort: 'medium', summary: 'auto'},
    store: false,
    stream: true,
    include: ['reasoning.encrypted_content'],
    prompt_cache_key: 'c',
    text: {verbosity: 'low'},
  };
  const answer = await gateway.ask(body, {target: '/v1/responses', headers: {'x-codex-session-id': 's1'}});
  assert.equal(answer.status, 200, answer.text);
  for (const name of ['tools[].tool_search', 'tools[].web_search', 'tools[].format'])
    assert.ok(answer.headers['x-freeway-dropped'].includes(name), answer.headers['x-freeway-dropped']);
  const {response} = check(events(answer.text).map((data) => JSON.parse(data)));
  assert.equal(response.output[0].name, 'send');
  assert.equal(response.output[0].namespace, 'mcp_mail');
  const request = await seen(farm);
  assert.deepEqual(request.tools.map((tool) => tool.function.name), ['exec_command', 'apply_patch', 'mcp_mail__send']);
  assert.equal(request.prompt_cache_key, 'c');

  const thought = await gateway.openai().responses.create({...body, input: 'think', stream: false});
  const sealed = thought.output[0];
  assert.ok(sealed.encrypted_content);
  const back = {type: 'reasoning', summary: [], encrypted_content: sealed.encrypted_content};
  await gateway.openai().responses.create({...body, stream: false, input: [{role: 'user', content: 'x'}, back, {role: 'assistant', content: 'y'}, {role: 'user', content: 'z'}]});
  const assistant = (await seen(farm)).messages.find((message) => message.role === 'assistant');
  assert.equal(assistant.reasoning_content, 'hm hm');
});

scene('what has no place is refused by its name, on paths too', async (stage) => {
  const {farm, gateway} = await start(stage);
  const client = gateway.openai();
  for (const [param, more] of [
    ['background', {background: true}],
    ['conversation', {conversation: 'conv_1'}],
    ['prompt', {prompt: {id: 'p'}}],
    ['tools[0].type', {tools: [{type: 'file_search', vector_store_ids: []}]}],
    ['tools[0].type', {tools: [{type: 'local_shell'}]}],
  ]) {
    const error = await failure(client.responses.create(ask('x', more)));
    assert.equal(error.status, 400);
    assert.equal(error.param, param);
    assert.equal(error.type, 'invalid_request_error');
  }
  assert.equal(await farm.received(), 0);
  const options = (target, method = 'POST') => ({target, method, key: CLIENT_KEY});
  assert.equal((await gateway.ask({model: 'm1', input: 'x'}, options('/v1/responses/compact'))).status, 404);
  assert.equal((await gateway.ask({}, options('/v1/conversations'))).status, 404);
  assert.equal((await gateway.ask(undefined, options('/v1/responses/resp_1/nothing', 'GET'))).status, 404);
  const wrong = await gateway.ask(undefined, options('/v1/responses', 'GET'));
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.allow, 'POST');
  const cancel = await gateway.ask(undefined, options('/v1/responses/resp_1/cancel', 'GET'));
  assert.equal(cancel.status, 405);
  assert.equal(cancel.headers.allow, 'POST');
});

// The official `@anthropic-ai/sdk` library against the real gateway.
import assert from 'node:assert/strict';

import Anthropic from '@anthropic-ai/sdk';

import {CLIENT_KEY, scene, scenes} from './harness.mjs';

const SCENARIO = `
[[providers]]
id = "u1"
keys = ["k1"]
models = ["m1", "vendor/family/m2"]
rules = [
  { match = "weather", answer = { call_tools = true } },
  { match = "two lookups", answer = { reasoning = "Two are needed.", text = "I look.", tool_calls = [{ name = "lookup", arguments = { q = "tides" } }, { name = "lookup", arguments = { q = "moon" } }], tool_chunks = 6, tool_delay = "60ms" } },
  { match = "think", answer = { reasoning = "one two three four", token_rate = 40 } },
  { match = "as JSON", answer = { structured = '{"city":"Lyon"}', text = "no JSON" } },
  { match = "bad parameter", fault = { status = 400, body = { error = { message = "top_p must be at most 1", type = "invalid_request_error", param = "top_p", code = "invalid_value" } } } },
  { match = "break off", fault = { kind = "close_mid_stream", after = 3 } },
]
tokens = 12
`;

const CONFIG = `
[[client_keys]]
name = "test"
key = "fw-end-to-end-client-key"
[[client_keys]]
name = "narrow"
key = "fw-narrow-client-key"
models = ["m1"]
rpm = 1
[server]
body_limit = "1MiB"
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k1"]
  [[providers.models]]
  id = "m1"
  context = 20000
  tools = true
  vision = true
  [[providers.models]]
  id = "vendor/family/m2"
  tools = false
`;

const WORDS = Array.from({length: 12}, (_, i) => `w${i}`).join(' ');
const LOOKUP = {name: 'lookup', description: 'Looks it up', input_schema: {type: 'object', properties: {q: {type: 'string'}}}};
const WEATHER = {...LOOKUP, name: 'weather'};
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const start = (stage) => stage.start({scenario: SCENARIO, config: CONFIG});
const client = (gateway, apiKey = CLIENT_KEY) => new Anthropic({apiKey, baseURL: gateway.url, maxRetries: 0});
const message = (content, more = {}) => ({model: 'm1', max_tokens: 100, messages: [{role: 'user', content}], ...more});

// Reads the raw events and fails where their grammar is broken.
async function events(stream) {
  const seen = [];
  let open = null;
  let blocks = 0;
  for await (const event of stream) {
    if (seen.length === 0) assert.equal(event.type, 'message_start');
    assert.notEqual(seen.at(-1)?.type, 'message_stop', 'nothing comes after the end');
    if (event.type === 'content_block_start') {
      assert.equal(open, null);
      assert.equal(event.index, blocks++);
      open = event.index;
    } else if (event.type === 'content_block_delta') {
      assert.equal(event.index, open);
    } else if (event.type === 'content_block_stop') {
      assert.equal(event.index, open);
      open = null;
    } else {
      assert.equal(open, null, event.type);
    }
    seen.push({...event, at: performance.now()});
  }
  assert.equal(seen.at(-1).type, 'message_stop');
  assert.equal(seen.filter((event) => event.type === 'message_delta').length, 1);
  return seen;
}

scene('a whole message', async (stage) => {
  const {gateway} = await start(stage);
  const {data, response} = await client(gateway).messages.create(message('hi')).withResponse();
  assert.equal(data.type, 'message');
  assert.equal(data.role, 'assistant');
  assert.deepEqual(data.content, [{type: 'text', text: WORDS}]);
  assert.equal(data.stop_reason, 'end_turn');
  assert.equal(data.stop_sequence, null);
  assert.equal(data.usage.output_tokens, 12);
  assert.ok(data.usage.input_tokens > 0);
  assert.equal(response.headers.get('x-routed-via'), 'u1/m1');
  assert.equal(response.headers.get('request-id'), response.headers.get('x-request-id'));
});

scene('a stream, by its events and put together', async (stage) => {
  const {farm, gateway} = await start(stage);
  const seen = await events(await client(gateway).messages.create(message('hi', {stream: true})));
  assert.ok(seen[0].message.usage.input_tokens > 0);
  assert.equal(seen.at(-2).usage.output_tokens, 12);
  const final = await client(gateway).messages.stream(message('hi')).finalMessage();
  assert.equal(final.content[0].text, WORDS);
  assert.equal(final.stop_reason, 'end_turn');
  assert.deepEqual(JSON.parse((await farm.requests()).at(-1).body).stream_options, {include_usage: true});
});

scene('AN2 thinking, text and two tools in one stream, arguments as they are written', async (stage) => {
  const {gateway} = await start(stage);
  const params = message('two lookups', {tools: [LOOKUP], stream: true, thinking: {type: 'enabled', budget_tokens: 1024}});
  const seen = await events(await client(gateway).messages.create(params));
  const types = seen.filter((event) => event.type === 'content_block_start').map((event) => event.content_block.type);
  assert.deepEqual(types, ['thinking', 'text', 'tool_use', 'tool_use']);
  const signatures = seen.filter((event) => event.delta?.type === 'signature_delta');
  assert.equal(signatures.length, 1);
  assert.ok(signatures[0].delta.signature);
  for (const [index, q] of [[2, 'tides'], [3, 'moon']]) {
    const parts = seen.filter((event) => event.index === index && event.delta?.type === 'input_json_delta');
    assert.ok(parts.length > 2, JSON.stringify(parts));
    assert.deepEqual(JSON.parse(parts.map((part) => part.delta.partial_json).join('')), {q});
  }
  const first = seen.find((event) => event.delta?.type === 'input_json_delta');
  assert.ok(seen.at(-1).at - first.at > 200, 'arguments come while they are written');
  assert.equal(seen.at(-2).delta.stop_reason, 'tool_use');
});

scene('thinking is live, and goes back with its signature', async (stage) => {
  const {farm, gateway} = await start(stage);
  const thinking = {type: 'enabled', budget_tokens: 2048};
  const stream = client(gateway).messages.stream(message('think', {thinking}));
  const deltas = [];
  stream.on('thinking', (delta) => deltas.push(delta));
  const first = await stream.finalMessage();
  assert.ok(deltas.length > 2, 'several pieces');
  assert.equal(first.content[0].type, 'thinking');
  assert.equal(first.content[0].thinking, 'one two three four');
  const messages = [{role: 'user', content: 'think'}, {role: 'assistant', content: first.content}, {role: 'user', content: 'more'}];
  const {response} = await client(gateway).messages.create({model: 'm1', max_tokens: 100, thinking, messages}).withResponse();
  const sent = JSON.parse((await farm.requests()).at(-1).body);
  assert.equal(sent.messages[1].content, WORDS);
  assert.equal(sent.messages[1].reasoning_content, undefined);
  assert.equal(sent.reasoning_effort, 'low');
  assert.match(response.headers.get('x-freeway-dropped'), /messages\[\]\.reasoning_content/);
});

scene('AN3 L8 a loop of two turns, with an image and an error among the results', async (stage) => {
  const {farm, gateway} = await start(stage);
  const messages = [{role: 'user', content: 'the weather in Lyon?'}];
  const called = await client(gateway).messages.create({model: 'm1', max_tokens: 100, tools: [WEATHER], messages});
  assert.equal(called.stop_reason, 'tool_use');
  const call = called.content.find((block) => block.type === 'tool_use');
  assert.equal(call.name, 'weather');
  const image = {type: 'image', source: {type: 'base64', media_type: 'image/png', data: PIXEL}};
  messages.push({role: 'assistant', content: called.content});
  messages.push({
    role: 'user',
    content: [
      {type: 'tool_result', tool_use_id: call.id, is_error: true, content: [{type: 'text', text: 'clouds'}, image]},
      {type: 'text', text: 'What do you see?'},
    ],
  });
  const answered = await client(gateway).messages.create({model: 'm1', max_tokens: 100, tools: [WEATHER], messages});
  assert.equal(answered.content[0].text, WORDS);
  const sent = JSON.parse((await farm.requests()).at(-1).body).messages;
  assert.deepEqual(sent.map((one) => one.role), ['user', 'assistant', 'tool', 'user']);
  assert.equal(sent[2].tool_call_id, sent[1].tool_calls[0].id);
  assert.match(sent[2].content, /failed.*\nclouds/);
  assert.deepEqual(sent[3].content.map((part) => part.type), ['text', 'image_url', 'text']);
  assert.equal(sent[3].content[1].image_url.url, `data:image/png;base64,${PIXEL}`);
});

scene('the library runs tools by itself', async (stage) => {
  const {gateway} = await start(stage);
  const asked = [];
  const run = (args) => {
    asked.push(args);
    return 'sunny';
  };
  const tool = {...WEATHER, run, parse: (input) => input};
  const final = await client(gateway).beta.messages.toolRunner(message('the weather, please', {tools: [tool]}));
  assert.equal(final.content.at(-1).text, WORDS);
  assert.equal(asked.length, 1);
});

scene('a conversation that the library would keep at the server goes on without', async (stage) => {
  const {farm, gateway} = await start(stage);
  const thread = client(gateway).beta.messages.thread({model: 'm1', max_tokens: 100, unsupportedRequestBehavior: 'continue_unthreaded'});
  for (const text of ['hi', 'and again']) {
    const answered = await thread.send({role: 'user', content: text});
    assert.equal(answered.content[0].text, WORDS);
  }
  const sent = JSON.parse((await farm.requests()).at(-1).body);
  assert.equal(sent.messages.length, 3);
  assert.equal(sent.thread, undefined);
});

scene('structured output is parsed', async (stage) => {
  const {gateway} = await start(stage);
  const format = {type: 'json_schema', schema: {type: 'object', properties: {city: {type: 'string'}}, required: ['city']}};
  const answered = await client(gateway).messages.create(message('a city as JSON', {output_config: {format}}));
  assert.deepEqual(JSON.parse(answered.content[0].text), {city: 'Lyon'});
});

scene('AN1 stop sequences are forwarded, and told where they are met', async (stage) => {
  const {farm, gateway} = await start(stage);
  for (const stream of [false, true]) {
    const params = message('hi', {stop_sequences: ['w5', 'nothing']});
    const answered = stream ? await client(gateway).messages.stream(params).finalMessage() : await client(gateway).messages.create(params);
    assert.equal(answered.content[0].text, 'w0 w1 w2 w3 w4 ');
    assert.equal(answered.stop_reason, 'stop_sequence');
    assert.equal(answered.stop_sequence, 'w5');
  }
  assert.deepEqual(JSON.parse((await farm.requests()).at(-1).body).stop, ['w5', 'nothing']);
});

scene('AN5 errors have the classes of the library, and one id in body and header', async (stage) => {
  const {farm, gateway} = await start(stage);
  const refused = (promise, status, type, check = () => {}) =>
    assert.rejects(promise, (error) => {
      assert.ok(error instanceof Anthropic.APIError, String(error));
      assert.equal(error.status, status, error.message);
      assert.equal(error.error.type, 'error');
      assert.equal(error.error.error.type, type);
      assert.ok(error.requestID);
      assert.equal(error.error.request_id, error.requestID);
      check(error);
      return true;
    });
  const create = (params, key) => client(gateway, key).messages.create(params);
  await refused(create(message('hi'), 'fw-wrong'), 401, 'authentication_error');
  await refused(create(message('hi', {model: 'm9'})), 404, 'not_found_error', (e) => assert.match(e.message, /m9/));
  await refused(create({...message('hi'), max_tokens: undefined}), 400, 'invalid_request_error', (e) => assert.match(e.message, /max_tokens/));
  await refused(create(message('hi', {tools: [{type: 'web_search_20250305', name: 'web_search'}]})), 400, 'invalid_request_error', (e) =>
    assert.match(e.message, /tools\[0\].*web_search_20250305/),
  );
  await refused(create(message('hi', {model: 'u1/vendor/family/m2', tools: [LOOKUP]})), 422, 'invalid_request_error');
  await refused(create(message('word '.repeat(30_000))), 400, 'invalid_request_error', (e) =>
    assert.match(e.message, /prompt is too long: \d+ tokens > 20000 maximum/),
  );
  await refused(create(message('x'.repeat(1_100_000))), 413, 'request_too_large');
  await refused(create(message('hi', {model: 'u1/vendor/family/m2'}), 'fw-narrow-client-key'), 403, 'permission_error');
  assert.equal(await farm.received(), 0);
  await create(message('hi'), 'fw-narrow-client-key');
  await refused(create(message('hi'), 'fw-narrow-client-key'), 429, 'rate_limit_error', (e) => assert.ok(Number(e.headers.get('retry-after')) > 0));
  await refused(create(message('a bad parameter')), 400, 'invalid_request_error', (e) => assert.match(e.message, /top_p must be at most 1/));
  await farm.set('u1', {fault: '503'});
  await refused(create(message('hi')), 502, 'overloaded_error');
  await farm.set('u1', {fault: '500'});
  await refused(create(message('hi', {model: 'u1/vendor/family/m2'})), 502, 'api_error');
  await farm.set('u1', {fault: '401'});
  await refused(create(message('again', {model: 'u1/vendor/family/m2'})), 503, 'api_error');
});

scene('a stream that breaks ends with an error event', async (stage) => {
  const {gateway} = await start(stage);
  const stream = await client(gateway).messages.create(message('break off', {stream: true}));
  let text = '';
  await assert.rejects(
    async () => {
      for await (const event of stream) text += event.delta?.text ?? '';
    },
    (error) => {
      assert.equal(error.error.error.type, 'api_error');
      assert.ok(error.error.request_id);
      return true;
    },
  );
  assert.match(text, /^w0 w1/);
});

scene('AN4 tokens are counted, tools and images among them, and no provider is asked', async (stage) => {
  const {farm, gateway} = await start(stage);
  const count = async (params) => (await client(gateway).messages.countTokens({model: 'm1', messages: [{role: 'user', content: 'hi'}], ...params})).input_tokens;
  const plain = await count({});
  assert.ok(plain > 0 && plain < 30);
  assert.ok((await count({tools: [{...LOOKUP, description: 'describe '.repeat(450)}]})) > plain + 400);
  assert.ok((await count({system: 'word '.repeat(800)})) > plain + 700);
  const image = {type: 'image', source: {type: 'base64', media_type: 'image/png', data: PIXEL}};
  assert.ok((await count({messages: [{role: 'user', content: [image]}]})) > plain + 100);
  assert.equal(await farm.received(), 0);
  await assert.rejects(client(gateway, 'fw-wrong').messages.countTokens(message('hi')), Anthropic.AuthenticationError);
  await assert.rejects(count({model: 'm9'}), Anthropic.NotFoundError);
});

scene('models: pages, and one by its name', async (stage) => {
  const {gateway} = await start(stage);
  const ids = [];
  for await (const model of client(gateway).models.list({limit: 2})) {
    assert.equal(model.type, 'model');
    assert.ok(!Number.isNaN(Date.parse(model.created_at)));
    assert.ok(model.display_name);
    ids.push(model.id);
  }
  for (const id of ['auto', 'm1', 'u1/m1', 'u1/vendor/family/m2']) assert.ok(ids.includes(id), `${id} in ${ids}`);
  assert.equal(new Set(ids).size, ids.length);
  const page = await client(gateway).models.list({before_id: ids[2], limit: 1});
  assert.deepEqual(page.data.map((model) => model.id), [ids[1]]);
  assert.equal(page.has_more, true);
  assert.equal((await client(gateway).models.retrieve('u1/vendor/family/m2')).id, 'u1/vendor/family/m2');
  assert.equal((await client(gateway).models.retrieve('m1')).max_input_tokens, 20000);
  await assert.rejects(client(gateway).models.retrieve('nothing'), (error) => error.error.error.type === 'not_found_error');
});

scene('names of Claude mean what the table of names says', async (stage) => {
  const {gateway} = await start(stage);
  for (const model of ['claude-opus-4-1', 'claude-haiku-4-5-20251001', 'sonnet']) {
    const answered = await client(gateway).messages.create(message('hi', {model}));
    assert.equal(answered.content[0].text, WORDS);
  }
});

// As agents send it.
scenes('a key in either header, and beta headers, are taken', async (stage) => {
  const {gateway} = await start(stage);
  for (const headers of [{authorization: `Bearer ${CLIENT_KEY}`}, {'x-api-key': CLIENT_KEY, 'anthropic-beta': 'a-2025-01-01,b-2025-01-01'}]) {
    const answer = await gateway.ask(message('hi'), {target: '/v1/messages?beta=true', key: null, headers});
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.content[0].text, WORDS);
  }
});

scene('a loop of tools through a provider that speaks Gemini and signs its calls', async (stage) => {
  const {farm, gateway} = await stage.start({
    scenario: `[[providers]]\nid = "g1"\nwire = "gemini"\nkeys = ["k1"]\nmodels = ["gemini-3-flash"]\ncall_tools = true\nreasoning = "one two"\ntokens = 12\n`,
    config: `[[providers]]\nid = "g1"\ndialect = "gemini"\nbase_url = "{g1}"\nkeys = ["k1"]\nmodels = [{ id = "gemini-3-flash", tools = true }]\n`,
  });
  const params = {model: 'gemini-3-flash', max_tokens: 100, tools: [WEATHER], thinking: {type: 'enabled', budget_tokens: 2000}};
  const messages = [{role: 'user', content: 'the weather?'}];
  const called = await client(gateway).messages.stream({...params, messages}).finalMessage();
  const call = called.content.find((block) => block.type === 'tool_use');
  assert.equal(called.stop_reason, 'tool_use');
  messages.push({role: 'assistant', content: called.content});
  messages.push({role: 'user', content: [{type: 'tool_result', tool_use_id: call.id, content: 'sunny'}]});
  const answered = await client(gateway).messages.create({...params, messages});
  assert.equal(answered.content.at(-1).text, WORDS);
  const sent = JSON.parse((await farm.requests()).at(-1).body);
  assert.ok(sent.contents[1].parts.find((part) => part.functionCall).thoughtSignature, 'the signature went back');
});

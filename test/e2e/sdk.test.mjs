// The official `openai` library against the real gateway.
import assert from 'node:assert/strict';

import OpenAI from 'openai';
import {makeParseableResponseFormat} from 'openai/lib/parser';

import {chat, CLIENT_KEY, eventually, median, scene, user} from './harness.mjs';

const SCENARIO = `
[[providers]]
id = "u1"
keys = ["k1"]
models = ["m1", "vendor/family/m2"]
rules = [
  { match = "weather", answer = { call_tools = true } },
  { match = "lookup", answer = { tool_calls = [{ name = "lookup", arguments = { q = "tides" } }], tool_chunks = 6 } },
  { match = "as JSON", answer = { structured = '{"city":"Lyon","size":3}', text = "no JSON" } },
  { match = "bad parameter", fault = { status = 400, body = { error = { message = "top_p must be at most 1", type = "invalid_request_error", param = "top_p", code = "invalid_value" } } } },
  { match = "be slow", answer = { tokens = 400, token_rate = 20 } },
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
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k1"]
  [[providers.models]]
  id = "m1"
  [[providers.models]]
  id = "vendor/family/m2"
  tools = false
`;

const start = (stage) => stage.start({scenario: SCENARIO, config: CONFIG});
const WORDS = Array.from({length: 12}, (_, i) => `w${i}`).join(' ');
const WEATHER = {
  type: 'function',
  function: {name: 'weather', parameters: {type: 'object', properties: {city: {type: 'string'}}, required: ['city']}},
};
const CITY = {
  type: 'json_schema',
  json_schema: {
    name: 'city',
    strict: true,
    schema: {
      type: 'object',
      properties: {city: {type: 'string'}, size: {type: 'integer'}},
      required: ['city', 'size'],
      additionalProperties: false,
    },
  },
};

scene('a chat: text, finish reason, usage, request id', async (stage) => {
  const {gateway} = await start(stage);
  const {data, response, request_id} = await gateway.openai().chat.completions.create(chat('m1')).withResponse();
  assert.equal(data.object, 'chat.completion');
  assert.equal(data.choices.length, 1);
  assert.equal(data.choices[0].message.role, 'assistant');
  assert.equal(data.choices[0].message.content, WORDS);
  assert.equal(data.choices[0].finish_reason, 'stop');
  assert.equal(data.usage.completion_tokens, 12);
  assert.equal(data.usage.total_tokens, data.usage.prompt_tokens + 12);
  assert.equal(response.headers.get('x-routed-via'), 'u1/m1');
  assert.equal(response.headers.get('x-fallback-attempts'), '0');
  assert.ok(request_id);
});

scene('S1 a stream: exactly one role, the text, one finish reason, the end', async (stage) => {
  const {gateway} = await start(stage);
  const chunks = [];
  for await (const chunk of await gateway.openai().chat.completions.create({...chat('auto'), stream: true})) chunks.push(chunk);
  assert.ok(chunks.length >= 12, `${chunks.length} chunks`);
  assert.ok(chunks.every((chunk) => chunk.object === 'chat.completion.chunk' && chunk.id === chunks[0].id));
  const choices = chunks.flatMap((chunk) => chunk.choices);
  assert.equal(choices.filter((choice) => choice.delta.role).length, 1);
  assert.equal(choices.map((choice) => choice.delta.content ?? '').join(''), WORDS);
  assert.deepEqual(choices.map((choice) => choice.finish_reason).filter(Boolean), ['stop']);
  assert.ok(chunks.every((chunk) => !chunk.usage), 'usage was not asked for');
});

scene('S10 stream_options: exactly one usage chunk, the last, without choices', async (stage) => {
  const {farm, gateway} = await start(stage);
  for (const usage of ['asked', 'separate', 'bundled', 'none']) {
    await farm.set('u1', {answer: {usage}});
    const chunks = [];
    const body = {...chat('m1'), stream: true, stream_options: {include_usage: true}};
    for await (const chunk of await gateway.openai().chat.completions.create(body)) chunks.push(chunk);
    const carrying = chunks.filter((chunk) => chunk.usage);
    assert.equal(carrying.length, 1, usage);
    assert.equal(carrying[0], chunks.at(-1), usage);
    assert.deepEqual(carrying[0].choices, [], usage);
    assert.equal(chunks.flatMap((chunk) => chunk.choices).filter((choice) => choice.finish_reason).length, 1, usage);
    if (usage !== 'none') assert.equal(carrying[0].usage.completion_tokens, 12, usage);
    assert.ok(carrying[0].usage.completion_tokens > 0, usage);
  }
});

scene('C3 an answer without usage gets an estimate, and says so', async (stage) => {
  const {farm, gateway} = await start(stage);
  await farm.set('u1', {answer: {usage: 'none'}});
  const {data, response} = await gateway.openai().chat.completions.create(chat('m1')).withResponse();
  assert.ok(data.usage.completion_tokens > 0 && data.usage.prompt_tokens > 0);
  assert.equal(response.headers.get('x-freeway-usage'), 'estimated');
});

scene('C1 n:2 gives two choices, streamed and not', async (stage) => {
  const {gateway} = await start(stage);
  const client = gateway.openai();
  const whole = await client.chat.completions.create({...chat('m1'), n: 2});
  assert.deepEqual(whole.choices.map((choice) => [choice.index, choice.message.content]), [[0, WORDS], [1, `#1 ${WORDS}`]]);

  const stream = client.chat.completions.stream({...chat('m1'), n: 2});
  const final = await stream.finalChatCompletion();
  const texts = Object.fromEntries(final.choices.map((choice) => [choice.index, choice.message.content]));
  assert.deepEqual(texts, {0: WORDS, 1: `#1 ${WORDS}`});
});

scene('tools: a call, its result, and the answer to it', async (stage) => {
  const {farm, gateway} = await start(stage);
  const client = gateway.openai();
  const messages = user('the weather in Lyon?');
  const called = await client.chat.completions.create({model: 'm1', messages, tools: [WEATHER]});
  assert.equal(called.choices[0].finish_reason, 'tool_calls');
  const [call] = called.choices[0].message.tool_calls;
  assert.equal(call.function.name, 'weather');
  assert.ok(call.id);
  JSON.parse(call.function.arguments);

  messages.push(called.choices[0].message, {role: 'tool', tool_call_id: call.id, content: '21 degrees'});
  const answered = await client.chat.completions.create({model: 'm1', messages, tools: [WEATHER]});
  assert.equal(answered.choices[0].finish_reason, 'stop');
  assert.equal(answered.choices[0].message.content, WORDS);
  const sent = JSON.parse((await farm.requests()).at(-1).body);
  assert.equal(sent.messages.at(-1).tool_call_id, sent.messages.at(-2).tool_calls[0].id);
  assert.deepEqual(sent.tools, [WEATHER]);
});

scene('tools: streamed arguments come in pieces and add up', async (stage) => {
  const {gateway} = await start(stage);
  const body = {...chat('m1', 'lookup the tides'), tools: [WEATHER], stream: true};
  const pieces = [];
  const ids = new Set();
  let reason;
  for await (const chunk of await gateway.openai().chat.completions.create(body)) {
    for (const choice of chunk.choices) {
      for (const call of choice.delta.tool_calls ?? []) {
        assert.equal(call.index, 0);
        if (call.id) ids.add(call.id);
        pieces.push(call.function?.arguments ?? '');
      }
      reason ??= choice.finish_reason;
    }
  }
  assert.equal(ids.size, 1);
  assert.ok(pieces.filter(Boolean).length > 1, JSON.stringify(pieces));
  assert.deepEqual(JSON.parse(pieces.join('')), {q: 'tides'});
  assert.equal(reason, 'tool_calls');
});

scene('tools: the library runs a whole loop with runTools', async (stage) => {
  const {gateway} = await start(stage);
  const asked = [];
  const runner = gateway.openai().chat.completions.runTools({
    ...chat('m1', 'the weather, please'),
    stream: true,
    tools: [
      {
        type: 'function',
        function: {
          name: 'weather',
          parse: JSON.parse,
          parameters: WEATHER.function.parameters,
          function: (args) => {
            asked.push(args);
            return 'sunny';
          },
        },
      },
    ],
  });
  assert.equal(await runner.finalContent(), WORDS);
  assert.equal(asked.length, 1);
});

scene('structured output: parse, streamed and not', async (stage) => {
  const {farm, gateway} = await start(stage);
  const client = gateway.openai();
  const body = {...chat('m1', 'a city as JSON'), response_format: makeParseableResponseFormat(CITY, JSON.parse)};
  const parsed = await client.chat.completions.parse(body);
  assert.deepEqual(JSON.parse(parsed.choices[0].message.content), {city: 'Lyon', size: 3});
  assert.deepEqual(parsed.choices[0].message.parsed, {city: 'Lyon', size: 3});

  const streamed = await client.chat.completions.stream(body).finalChatCompletion();
  assert.deepEqual(streamed.choices[0].message.parsed, {city: 'Lyon', size: 3});
  assert.deepEqual(JSON.parse((await farm.requests()).at(-1).body).response_format, CITY);
});

scene('models: list, and retrieve with slashes raw and encoded', async (stage) => {
  const {gateway} = await start(stage);
  const client = gateway.openai();
  const ids = [];
  for await (const model of client.models.list()) {
    assert.equal(model.object, 'model');
    assert.equal(typeof model.freeway.available, 'boolean');
    ids.push(model.id);
  }
  for (const id of ['auto', 'm1', 'u1/m1', 'u1/vendor/family/m2']) assert.ok(ids.includes(id), `${id} in ${ids}`);
  assert.equal(new Set(ids).size, ids.length);

  assert.equal((await client.models.retrieve('u1/vendor/family/m2')).id, 'u1/vendor/family/m2');
  const raw = await gateway.ask(undefined, {method: 'GET', target: '/v1/models/u1/vendor/family/m2'});
  assert.equal(raw.status, 200);
  assert.equal(raw.json.id, 'u1/vendor/family/m2');
  await assert.rejects(client.models.retrieve('nothing/of/it'), (error) => {
    assert.ok(error instanceof OpenAI.NotFoundError);
    assert.equal(error.code, 'model_not_found');
    return true;
  });
});

scene('errors have the classes of the library, and none reaches a provider', async (stage) => {
  const {farm, gateway} = await start(stage);
  const create = (body, key) => (key ? gateway.openai({apiKey: key}) : gateway.openai()).chat.completions.create(body);
  const refused = (promise, type, check) =>
    assert.rejects(promise, (error) => {
      assert.ok(error instanceof type, `${error.constructor.name}: ${error.message}`);
      assert.ok(error.requestID, 'a request id');
      check(error);
      return true;
    });

  await refused(create(chat('m1'), 'fw-wrong'), OpenAI.AuthenticationError, (e) => assert.equal(e.code, 'invalid_api_key'));
  await refused(create(chat('m9')), OpenAI.NotFoundError, (e) => assert.equal(e.code, 'model_not_found'));
  await refused(create({model: 'm1', messages: 'hi'}), OpenAI.BadRequestError, (e) => assert.equal(e.param, 'messages'));
  await refused(create({...chat('u1/vendor/family/m2'), tools: [WEATHER]}), OpenAI.UnprocessableEntityError, (e) =>
    assert.match(e.message, /tools/),
  );
  await refused(create(chat('u1/vendor/family/m2'), 'fw-narrow-client-key'), OpenAI.PermissionDeniedError, () => {});
  assert.equal(await farm.received(), 0);

  await create(chat('m1'), 'fw-narrow-client-key');
  await refused(create(chat('m1'), 'fw-narrow-client-key'), OpenAI.RateLimitError, (e) => {
    const seconds = Number(e.headers.get('retry-after'));
    assert.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 61, e.headers.get('retry-after'));
  });
  assert.equal(await farm.received(), 1);
});

scene('F4 the words of a provider that blames the request reach the client', async (stage) => {
  const {gateway} = await start(stage);
  await assert.rejects(gateway.openai().chat.completions.create(chat('m1', 'a bad parameter')), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.match(error.message, /top_p must be at most 1/);
    assert.equal(error.param, 'top_p');
    assert.equal(error.code, 'invalid_value');
    return true;
  });
});

scene('a told delay reaches the library as RateLimitError with retry-after', async (stage) => {
  const {farm, gateway} = await start(stage);
  await farm.set('u1', {script: ['429 retry-after=120']});
  for (let i = 0; i < 2; ++i) {
    await assert.rejects(gateway.openai().chat.completions.create(chat('m1')), (error) => {
      assert.ok(error instanceof OpenAI.RateLimitError, String(error));
      const seconds = Number(error.headers.get('retry-after'));
      assert.ok(seconds >= 115 && seconds <= 121, String(seconds));
      return true;
    });
  }
  assert.equal(await farm.received(), 1, 'a benched route is not asked again');
});

scene('S12 an aborted stream: the provider notices, and nobody is blamed', async (stage) => {
  const {farm, gateway} = await start(stage);
  const client = gateway.openai();
  const stream = await client.chat.completions.create({...chat('m1', 'be slow'), stream: true});
  let seen = 0;
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta.content && ++seen === 3) break;
  }
  await eventually(async () => (await farm.stats('u1')).aborted === 1, 'the provider saw the abort');
  const [request] = await farm.requests();
  assert.equal(request.ended, 'client_left');
  assert.equal(await farm.received(), 1, 'no further attempt');
  assert.equal((await client.chat.completions.create(chat('m1'))).choices[0].message.content, WORDS, 'no bench');
});

scene('S12 a provider hears of a client that left about as soon as from the client itself', async (stage) => {
  const {farm, gateway} = await start(stage);
  let aborted = 0;
  // Leaves after the third piece; how long until the provider has noticed, in ms.
  const leave = async (baseURL, apiKey) => {
    const stream = await new OpenAI({baseURL, apiKey, maxRetries: 0}).chat.completions.create({...chat('m1', 'be slow'), stream: true});
    let seen = 0;
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content && ++seen === 3) break;
    const began = performance.now();
    ++aborted;
    await eventually(async () => (await farm.stats('u1')).aborted === aborted, 'the provider saw the abort');
    return performance.now() - began;
  };
  const [through, straight] = [[], []];
  for (let i = 0; i < 5; ++i) {
    straight.push(await leave(farm.providers.u1, 'k1'));
    through.push(await leave(`${gateway.url}/v1`, CLIENT_KEY));
  }
  const later = median(through) - median(straight);
  assert.ok(later < 200, `${later.toFixed(0)} ms later`);
});

scene('an abort before the first byte cancels the call, too', async (stage) => {
  const {farm, gateway} = await start(stage);
  await farm.set('u1', {script: ['hang']});
  const controller = new AbortController();
  const asked = gateway.openai().chat.completions.create(chat('m1'), {signal: controller.signal});
  await eventually(async () => (await farm.received()) === 1, 'the provider got the request');
  controller.abort();
  await assert.rejects(asked, OpenAI.APIUserAbortError);
  await eventually(async () => (await farm.requests()).at(-1).ended === 'client_left', 'the provider saw the abort');
  assert.equal(await farm.received(), 1);
});

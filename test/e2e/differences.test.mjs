// In what OpenAI-shaped providers differ and where it matters, point by point, each with the providers that are known for it, as
// the catalog has them and the simulator plays them.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import path from 'node:path';

import {chat, CLIENT_KEY, content, events, scene, user} from './harness.mjs';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CORPUS = readFileSync(path.join(ROOT, 'test/corpus/error_bodies.jsonl'), 'utf8').split('\n').filter(Boolean).map(JSON.parse);

// These providers of the catalog, and what else a scene brings.
async function start(stage, ids, more = {}) {
  const folder = stage.directory();
  const options = ['--no-limits', '--faults', '0', '--latency', '1ms', '--tokens', '8', '--only', ...ids];
  execFileSync('python3', [path.join(ROOT, 'tools/farm_from_catalog.py'), folder, ...options]);
  const [scenario, config] = ['farm.toml', 'gateway.toml'].map((name) => readFileSync(path.join(folder, name), 'utf8'));
  const farm = await stage.farm(scenario + (more.scenario ?? ''));
  const key = `[[client_keys]]\nname = "test"\nkey = "${CLIENT_KEY}"\n[routing]\nqueue_wait = "0s"\n`;
  const filled = (config + (more.config ?? '')).replaceAll('FARM', farm.address);
  return {farm, gateway: await stage.gateway(key + filled)};
}

// Two models of each provider, by full name.
async function models_of(gateway, id) {
  const {json} = await gateway.ask(undefined, {target: '/v1/models', method: 'GET'});
  const names = json.data.map((row) => row.id).filter((name) => name.startsWith(`${id}/`));
  return names.length > 1 ? names.slice(0, 2) : [names[0], names[0]];
}

const said = (row) => ({kind: 'status', status: row.status, headers: row.headers, body: row.body});
const reason_of = (answer) => (answer.headers['x-fallback-trail'] ?? '').split('; ').at(-1).split('=').at(-1);

scene('reset values in every spelling', async (stage) => {
  const soon = (seconds) => Math.floor(Date.now() / 1000) + seconds;
  const spelled = {
    seconds: [{'retry-after': '90'}, 90],
    float: [{'retry-after': '89.4'}, 90],
    go: [{'x-ratelimit-reset-requests': '1m26.4s', 'x-ratelimit-remaining-requests': '0'}, 87],
    milliseconds: [{'x-ratelimit-reset-tokens': '230ms', 'x-ratelimit-remaining-tokens': '0'}, 1],
    epoch: [() => ({'x-ratelimit-reset': String(soon(90))}), 90],
    epoch_ms: [() => ({'x-ratelimit-reset': String(soon(90) * 1000)}), 90],
    protobuf: [{}, 38, {error: {code: 429, status: 'RESOURCE_EXHAUSTED', message: 'quota', details: [{'@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '38s'}]}}],
    date: [() => ({'retry-after': new Date(soon(90) * 1000).toUTCString()}), 90],
    prose: [{}, 13, {error: {message: 'Rate limit reached. Please try again in 12.4s.'}}],
  };
  const ids = Object.keys(spelled);
  const {farm, gateway} = await start(stage, ['groq'], {
    scenario: ids.map((id) => `[[providers]]\nid = "${id}"\nmodels = ["m"]\n`).join(''),
    config: ids
      .map((id) => `[[providers]]\nid = "${id}"\nbase_url = "http://FARM/${id}/v1"\nkeys = []\n[[providers.models]]\nid = "m"\n`)
      .join(''),
  });
  for (const [id, [headers, seconds, body = {error: {message: 'slow down'}}]] of Object.entries(spelled)) {
    const told = typeof headers === 'function' ? headers() : headers;
    await farm.set(id, {fault: {kind: 'status', status: 429, headers: told, body}});
    const answer = await gateway.ask(chat(`${id}/m`));
    assert.equal(answer.status, 429, `${id}: ${answer.text}`);
    const off = Number(answer.headers['retry-after']) - seconds;
    // Moments on the wall are a little nearer by the time they are read.
    assert.ok(off <= 0 && off >= (/epoch|date/.test(id) ? -2 : 0), `${id}: ${answer.headers['retry-after']} for ${seconds}`);
  }
});

scene("Groq's headers name requests of the day and tokens of the minute", async (stage) => {
  const {farm, gateway} = await start(stage, ['groq']);
  const [model] = await models_of(gateway, 'groq');
  // What is left for the day is nothing, though its name says no more than "requests".
  const headers = {'x-ratelimit-limit-requests': '1000', 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '2h3m'};
  await farm.set('groq', {fault: {kind: 'status', status: 200, headers, body: answer_of('hello')}});
  assert.equal((await gateway.ask(chat(model))).status, 200);
  const next = await gateway.ask(chat(model));
  assert.equal(next.status, 429, next.text);
  const seconds = Number(next.headers['retry-after']);
  assert.ok(seconds > 7300 && seconds <= 7381, `${seconds}`);
  const {pools} = await gateway.admin('pools');
  const told = pools.filter((pool) => pool.source?.includes('header') || pool.limit_source?.includes('header') || pool.limit === 1000);
  assert.ok(told.length > 0, JSON.stringify(pools).slice(0, 2000));
});

function answer_of(text) {
  const message = {role: 'assistant', content: text};
  const usage = {prompt_tokens: 1, completion_tokens: 1, total_tokens: 2};
  return {id: 'a', object: 'chat.completion', created: 1, model: 'm', choices: [{index: 0, message, finish_reason: 'stop'}], usage};
}

const WHOLE = {openrouter: 'day', cloudflare: 'neurons', cohere: 'month', kilo: 'minute', nvidia: 'minute', nara: 'day'};
const EACH = {groq: 'minute', google: 'day', ovh: 'minute', modelscope: 'day'};

scene('a 429 is of the whole account, or of the model alone', async (stage) => {
  const {farm, gateway} = await start(stage, [...Object.keys(WHOLE), ...Object.keys(EACH)]);
  for (const [id, occasion] of Object.entries({...WHOLE, ...EACH})) {
    const [first, second] = await models_of(gateway, id);
    assert.notEqual(first, second, `${id} has two models`);
    await farm.set(id, {fault: `status occasion=${occasion}`});
    assert.equal((await gateway.ask(chat(first))).status, 429, id);
    await farm.set(id, {fault: null});
    const {status, text} = await gateway.ask(chat(second));
    assert.equal(status, id in WHOLE ? 429 : 200, `${id}: ${text}`);
  }
});

// The provider, a part of what it says, and what that is.
const NOT_THE_KEY = [
  ['opencode', 'Free promotion has ended', 'not_found'],
  ['ollama', 'requires a subscription', 'not_entitled'],
  ['kilo', 'PAID_MODEL_AUTH_REQUIRED', 'not_entitled'],
  ['pollinations', '"code": "FORBIDDEN"', 'forbidden'],
];
const NOT_ONE_MODEL = [
  ['modelscope', 'bind your alibaba cloud account', 'forbidden'],
  ['routeway', 'error code: 1010', 'forbidden'],
];

scene('not every 401 or 403 is a bad key', async (stage) => {
  const {farm, gateway} = await start(stage, [...NOT_THE_KEY, ...NOT_ONE_MODEL].map(([id]) => id));
  for (const [id, part, reason] of [...NOT_THE_KEY, ...NOT_ONE_MODEL]) {
    const row = CORPUS.find((one) => one.provider === id && one.body.includes(part));
    assert.ok(row, `${id} says "${part}" in the corpus`);
    const [first, second] = await models_of(gateway, id);
    await farm.set(id, {fault: said(row)});
    const refused = await gateway.ask(chat(first));
    assert.ok(refused.status >= 400);
    assert.equal(reason_of(refused), reason, `${id}: ${refused.text}`);
    await farm.set(id, {fault: null});
    if (NOT_THE_KEY.some(([other]) => other === id) && first !== second) {
      assert.equal((await gateway.ask(chat(second))).status, 200, `${id}: the key goes on`);
    }
    const {keys} = await gateway.admin('keys');
    for (const key of keys.filter((one) => one.provider === id)) {
      assert.doesNotMatch(JSON.stringify(key), /invalid_key/, `${id}: the key is not called bad`);
    }
  }
});

scene('413 at Groq is about one request: it goes elsewhere, and the model stays', async (stage) => {
  const {farm, gateway} = await start(stage, ['groq', 'mistral']);
  const [model] = await models_of(gateway, 'groq');
  const row = CORPUS.find((one) => one.provider === 'groq' && one.status === 413);
  await farm.set('groq', {script: [said(row)]});
  const large = await gateway.ask(chat(model));
  assert.equal(large.status, 413, large.text);
  assert.match(large.json.error.message, /too large/i);
  assert.equal((await farm.stats('groq')).received, 1, 'it is not sent again');
  assert.equal((await gateway.ask(chat(model))).status, 200);
});

scene('a public list of models proves no key', async () => {
  const public_lists = ['nvidia', 'openrouter', 'huggingface', 'kilo', 'opencode', 'modelscope', 'aion', 'aihorde', 'ovh', 'xkiro'];
  for (const id of public_lists) {
    const text = readFileSync(path.join(ROOT, `catalog/${id}.toml`), 'utf8');
    const probe = /^probe = (.*)$/m.exec(text)?.[1] ?? '';
    assert.doesNotMatch(probe, /paths = \["\/models[?"]/, `${id}: ${probe}`);
  }
});

scene('reasoning, wherever it stands, is reasoning', async (stage) => {
  const {farm, gateway} = await start(stage, ['zai', 'openrouter', 'siliconflow', 'nvidia']);
  const ways = {
    zai: {reasoning: 'because'},
    openrouter: {reasoning: 'because', reasoning_field: 'reasoning'},
    siliconflow: {reasoning: 'because', think: true},
  };
  for (const [id, answer] of Object.entries(ways)) {
    await farm.set(id, {answer});
    const [model] = await models_of(gateway, id);
    const whole = (await gateway.ask(chat(model))).json.choices[0].message;
    assert.equal(whole.reasoning_content ?? whole.reasoning, 'because', id);
    assert.match(whole.content, /^w0/, id);
    const {text} = await gateway.ask({...chat(model), stream: true});
    const deltas = events(text).slice(0, -1).map((data) => JSON.parse(data).choices[0]?.delta ?? {});
    assert.equal(deltas.map((delta) => delta.reasoning_content ?? delta.reasoning ?? '').join(''), 'because', id);
    assert.match(content(text), /^w0/, id);
  }
});

scene('reasoning in the history is not replayed to Mistral, which refuses unknown members', async (stage) => {
  const {farm, gateway} = await start(stage, ['mistral']);
  const [model] = await models_of(gateway, 'mistral');
  const messages = [...user('hi'), {role: 'assistant', content: 'yes', reasoning_content: 'because'}, ...user('go on')];
  const answer = await gateway.ask({model, messages});
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.headers['x-freeway-dropped'], /messages\[\]\.reasoning_content/);
  assert.doesNotMatch((await farm.requests()).at(-1).body, /because/);
});

scene('usage is asked for where it can be, told once where it comes anyway, and estimated where it never does', async (stage) => {
  const {farm, gateway} = await start(stage, ['mistral', 'cohere', 'cloudflare', 'groq']);
  for (const [id, usage, asks] of [['mistral', 'bundled', false], ['cohere', 'separate', false], ['cloudflare', 'none', false], ['groq', 'asked', true]]) {
    await farm.set(id, {answer: {usage}});
    const [model] = await models_of(gateway, id);
    const answer = await gateway.ask({...chat(model), stream: true, stream_options: {include_usage: true}});
    assert.equal(answer.status, 200, answer.text);
    const frames = events(answer.text).filter((data) => data !== '[DONE]' && JSON.parse(data).usage);
    assert.equal(frames.length, 1, `${id}: ${answer.text}`);
    assert.equal(/x-freeway-usage: estimated/.test(answer.text), usage === 'none', id);
    assert.equal((await farm.requests(`provider=${id}`)).at(-1).body.includes('stream_options'), asks, id);
  }
});

scene('a tool call that the model failed at goes elsewhere, and is nobody else\'s fault', async (stage) => {
  const {farm, gateway} = await start(stage, ['groq', 'openrouter']);
  const row = CORPUS.find((one) => one.provider === 'groq' && one.reason === 'bad_answer');
  const [model] = await models_of(gateway, 'groq');
  await farm.set('groq', {script: [said(row)]});
  const failed = await gateway.ask(chat(model));
  assert.equal(reason_of(failed), 'bad_answer', failed.text);
  assert.equal((await gateway.ask(chat(model))).status, 200, 'the model is asked again at once');
});

scene('parameters that a provider refuses or bends', async (stage) => {
  const {farm, gateway} = await start(stage, ['nvidia', 'reka', 'kilo', 'zai']);
  const tool = {type: 'function', function: {name: 'look', parameters: {type: 'object', properties: {q: {type: 'string'}}}}};
  const sent = async (id, more) => {
    const [model] = await models_of(gateway, id);
    const answer = await gateway.ask({...chat(model), ...more});
    assert.equal(answer.status, 200, `${id}: ${answer.text}`);
    const {body} = (await farm.requests(`provider=${id}`)).at(-1);
    return {body: JSON.parse(body), dropped: answer.headers['x-freeway-dropped'] ?? ''};
  };
  const nvidia = await sent('nvidia', {tools: [tool], parallel_tool_calls: true});
  assert.equal(nvidia.body.parallel_tool_calls, undefined);
  await farm.set('reka', {answer: {structured: '{"a":1}'}});
  const reka = await sent('reka', {response_format: {type: 'json_object'}});
  assert.equal(reka.body.response_format.type, 'json_schema');
  const kilo = await sent('kilo', {response_format: {type: 'text'}});
  assert.equal(kilo.body.response_format, undefined);
  assert.match(kilo.dropped, /response_format/);
  const zai = await sent('zai', {tools: [tool], tool_choice: 'required', temperature: 1.7});
  assert.equal(zai.body.tool_choice, undefined, 'only auto');
  assert.equal(zai.body.temperature, 1);
});

// The description of the API at /v1/openapi.json: what the real program answers is as it says, member for member, and the page
// that shows it shows all of it.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {once} from 'node:events';
import http from 'node:http';
import path from 'node:path';

import Ajv from 'ajv/dist/2020.js';
import {parseHTML} from 'linkedom';

import {CLIENT_KEY, chat, events, eventually, scene, user} from './harness.mjs';

const TOKEN = 'token-of-the-administrator-1234';
const NARROW = 'fw-narrow-client-key';
const SCENARIO = `
[[providers]]
id = "u1"
keys = ["k1", "k2"]
models = ["m1", "m2", { id = "embed", kind = "embedding", dimensions = 4 }, { id = "rank", kind = "rerank" },
  { id = "judge", kind = "moderation" }, { id = "paint", kind = "image" }, { id = "tts", kind = "speech" },
  { id = "hear", kind = "transcription" }]
[[providers]]
id = "u2"
keys = ["k3"]
models = ["m1"]
`;
const model = (id, kind, more = '') => `[[providers.models]]\nid = "${id}"\nkind = "${kind}"\n${more}\n`;
const CONFIG = `
[server]
admin_token = "${TOKEN}"
[[client_keys]]
name = "laptop"
key = "${CLIENT_KEY}"
[[client_keys]]
name = "narrow"
key = "${NARROW}"
models = ["m1"]
rpm = 1
[routing]
strategy = "priority"
queue_wait = "0s"
[[providers]]
id = "u1"
base_url = "{u1}"
keys = [{ key = "k1", name = "first" }]
limits = { rpm = 1000, tpd = 1000000 }
${model('m1', 'chat', 'tools = false\ncontext = 8000\nmax_output = 1000')}
${model('m2', 'chat')}
${model('embed', 'embedding', 'dimensions = 4\nmax_inputs = 100')}
${model('rank', 'rerank')}
${model('judge', 'moderation')}
${model('paint', 'image')}
${model('tts', 'speech')}
${model('hear', 'transcription')}
[[providers]]
id = "u2"
base_url = "{u2}"
keys = ["k3"]
${model('m1', 'chat', 'tools = false')}
`;

const start = (stage) => stage.start({scenario: SCENARIO, config: CONFIG});

// Its answers are the providers', as those of chat completions.
const PLAYGROUND = '/admin/api/playground';

// What an answer is held against, and which operations were.
class Description {
  asked = new Set();
  ajv = new Ajv({strict: false, validateFormats: false});
  checks = new Map();

  constructor(whole) {
    this.whole = whole;
    // What is freeway's own has no member that is not described: its schemas are closed for these tests.
    for (const [name, item] of Object.entries(whole.paths)) {
      const own = (name.startsWith('/admin/api/') && name !== PLAYGROUND) || name.startsWith('/v1/models');
      for (const operation of Object.values(item)) if (own && operation.responses) this.close(operation.responses, new Set());
    }
  }

  close(part, seen) {
    if (part === null || typeof part !== 'object' || seen.has(part)) return;
    seen.add(part);
    if (part.$ref) this.close(this.real(part), seen);
    if (part.properties && !('additionalProperties' in part)) part.additionalProperties = false;
    for (const [name, inner] of Object.entries(part)) if (name !== 'example') this.close(inner, seen);
  }

  real(part) {
    return part.$ref ? this.real(part.$ref.slice(2).split('/').reduce((at, name) => at[name], this.whole)) : part;
  }

  // Fails with what is wrong with `value`.
  valid(schema, value, what) {
    if (!this.checks.has(schema)) this.checks.set(schema, this.ajv.compile({allOf: [schema], components: this.whole.components}));
    const check = this.checks.get(schema);
    assert.ok(check(value), `${what}: ${this.ajv.errorsText(check.errors)}\n${JSON.stringify(value)}`);
  }

  operation(method, name) {
    const operation = this.whole.paths[name]?.[method.toLowerCase()];
    assert.ok(operation, `${method} ${name} is not described`);
    return operation;
  }

  body(method, name, body, type = 'application/json') {
    const {content} = this.operation(method, name).requestBody;
    this.valid(content[type].schema, body, `what is sent to ${name}`);
  }

  answer(method, name, {status, headers, text, json}) {
    this.asked.add(`${method} ${name}`);
    const {responses} = this.operation(method, name);
    const what = `${method} ${name} ${status}`;
    const given = responses[status] ?? responses[`${String(status)[0]}XX`];
    assert.ok(given, `${what} is not described: ${text}`);
    const response = this.real(given);
    for (const header of Object.keys(headers).filter((one) => /^(x-(fallback|routed|freeway)|retry-after|etag)/.test(one))) {
      assert.ok(response.headers?.[header], `${what}: the header ${header} is not described`);
      this.valid(this.real(response.headers[header]).schema, headers[header], `${what} ${header}`);
    }
    if (status === 304 || status === 204) return;
    const type = headers['content-type'].split(';')[0];
    const media = response.content[type] ?? response.content[`${type.split('/')[0]}/*`];
    assert.ok(media, `${what}: ${type} is not described`);
    this.valid(media.schema, type === 'application/json' ? json : text, what);
  }
}

// Asks and holds question and answer against the description. `name`: the described path, with `at` for what is in braces.
class Asker {
  constructor(gateway, description) {
    Object.assign(this, {gateway, description});
  }

  static async of(gateway) {
    const {json} = await gateway.ask(undefined, {target: '/v1/openapi.json', method: 'GET', key: ''});
    return new Asker(gateway, new Description(json));
  }

  async ask(method, name, {status = 200, body, at = '', query = '', wrong = false, ...options} = {}) {
    if (body && !wrong) this.description.body(method, name, body);
    const target = name.replace(/\{\w+\}/, encodeURIComponent(at)) + query;
    const key = options.key ?? (name.startsWith('/admin/') ? TOKEN : CLIENT_KEY);
    const answer = await this.gateway.ask(body, {target, method, ...options, key});
    assert.equal(answer.status, status, `${method} ${target}: ${answer.text}`);
    this.description.answer(method, name, answer);
    return answer;
  }

  async form(name, fields, file) {
    this.description.body('POST', name, {file: '', ...fields}, 'multipart/form-data');
    const body = new FormData();
    body.set('file', new Blob([file]), 'sound.wav');
    for (const [key, value] of Object.entries(fields)) body.set(key, value);
    const answer = await fetch(this.gateway.url + name, {method: 'POST', headers: {authorization: `Bearer ${CLIENT_KEY}`}, body});
    const text = await answer.text();
    const headers = Object.fromEntries(answer.headers);
    const json = headers['content-type'].startsWith('application/json') ? JSON.parse(text) : undefined;
    assert.equal(answer.status, 200, text);
    this.description.answer('POST', name, {status: answer.status, headers, text, json});
  }

  // Over the Unix socket, as the owner.
  async owner(method, name) {
    const request = http.request({socketPath: path.join(this.gateway.data, 'freeway.sock'), path: name, method, agent: false});
    request.end();
    const answer = await new Promise((resolve, reject) => request.on('response', resolve).on('error', reject));
    const text = Buffer.concat(await answer.toArray()).toString();
    assert.equal(answer.statusCode, 200, text);
    const json = answer.headers['content-type'].startsWith('application/json') ? JSON.parse(text) : undefined;
    this.description.answer(method, name, {status: 200, headers: answer.headers, text, json});
  }

  // The head of an answer that does not end.
  async open(method, name) {
    const answer = await this.gateway.open(undefined, {target: name, method, key: TOKEN});
    this.description.answer(method, name, {status: answer.statusCode, headers: answer.headers, text: ''});
    answer.destroy();
  }
}

async function askForModels(asker, farm) {
  await asker.ask('GET', '/v1/models');
  for (const at of ['auto', 'm1', 'u1/m1', 'embed', 'paint']) await asker.ask('GET', '/v1/models/{id}', {at});
  await asker.ask('GET', '/v1/models/{id}', {at: 'nobody/knows', status: 404});
  await asker.ask('GET', '/v1/models/{id}', {at: 'm2', key: NARROW, status: 403});
  await asker.ask('GET', '/v1/models', {headers: {'x-freeway-privacy': 'no-training'}});
  await asker.ask('GET', '/v1/models', {headers: {'x-freeway-privacy': 'perhaps'}, status: 400});
  await asker.ask('GET', '/v1/models', {key: 'fw-wrong', status: 401});

  const name = '/v1/chat/completions';
  await asker.ask('POST', name, {body: chat('auto')});
  await farm.set('u1', {script: ['500']});
  const moved = await asker.ask('POST', name, {body: chat('m1'), headers: {'x-request-id': 'moved', 'x-session-id': 's1'}});
  assert.equal(moved.headers['x-fallback-attempts'], '1');
  const stream = await asker.ask('POST', name, {body: chat('m1', 'hi', {stream: true, stream_options: {include_usage: true}})});
  const chunks = events(stream.text);
  assert.equal(chunks.pop(), '[DONE]');
  for (const chunk of chunks) asker.description.valid({$ref: '#/components/schemas/ChatChunk'}, JSON.parse(chunk), 'a chunk');
  assert.ok(chunks.length > 2);
  await askForResponses(asker);
  await asker.ask('POST', '/v1/messages', {body: {model: 'm1', max_tokens: 50, messages: user('hi')}});
  await asker.ask('POST', '/v1/messages', {body: {model: 'm1', messages: user('hi')}, wrong: true, status: 400});
  await asker.ask('POST', '/v1/messages/count_tokens', {body: {model: 'm1', messages: user('hi')}});
  await asker.ask('POST', '/v1/completions', {body: {model: 'm2', prompt: ['a', 'b'], echo: true}});
}

async function askForResponses(asker) {
  const name = '/v1/responses';
  const {json: {id: at}} = await asker.ask('POST', name, {body: {model: 'm1', input: 'hi'}});
  await asker.ask('POST', name, {body: {model: 'm1', input: 'go on', previous_response_id: 'resp_none'}, status: 404});
  await asker.ask('POST', `${name}/input_tokens`, {body: {model: 'm1', input: 'hi'}});
  await asker.ask('GET', `${name}/{id}`, {at});
  await asker.ask('GET', `${name}/{id}/input_items`, {at});
  await asker.ask('POST', `${name}/{id}/cancel`, {at, status: 400});
  await asker.ask('DELETE', `${name}/{id}`, {at});
  await asker.ask('GET', `${name}/{id}`, {at, status: 404});
}

async function askForKinds(asker) {
  for (const encoding_format of ['float', 'base64'])
    await asker.ask('POST', '/v1/embeddings', {body: {model: 'embed', input: ['a', 'b'], encoding_format}});
  await asker.ask('POST', '/v1/embeddings', {body: {model: 'auto', input: 'a'}, status: 400});
  await asker.ask('POST', '/v1/rerank', {body: {model: 'rank', query: 'sail', documents: ['apples', {text: 'a boat'}], return_documents: true}});
  await asker.ask('POST', '/v1/moderations', {body: {model: 'judge', input: ['a', 'b']}});
  for (const response_format of ['url', 'b64_json'])
    await asker.ask('POST', '/v1/images/generations', {body: {model: 'paint', prompt: 'a cat', response_format}});
  await asker.ask('POST', '/v1/audio/speech', {body: {model: 'tts', input: 'hello', voice: 'alloy', response_format: 'wav'}});
  for (const response_format of ['json', 'verbose_json', 'text', 'srt', 'vtt'])
    await asker.form('/v1/audio/transcriptions', {model: 'hear', response_format}, 'RIFF....WAVE');
  await asker.form('/v1/audio/translations', {model: 'hear'}, 'RIFF....WAVE');
}

async function askWrongly(asker, farm) {
  const name = '/v1/chat/completions';
  const send = (status, body, more) => asker.ask('POST', name, {body, status, wrong: true, ...more});
  await send(400, {model: 'm1'});
  await send(401, chat('m1'), {key: ''});
  await send(403, chat('m2'), {key: NARROW});
  await send(404, chat('nobody'));
  await send(415, chat('m1'), {headers: {'content-encoding': 'br'}});
  await send(422, chat('m1', 'hi', {tools: [{type: 'function', function: {name: 'f', parameters: {type: 'object'}}}]}));
  await send(200, chat('m1'), {key: NARROW});
  const spent = await send(429, chat('m1'), {key: NARROW});
  assert.equal(spent.json.error.code, 'client_limit_exceeded');
  await farm.set('u1', {script: ['500']});
  await send(502, chat('m2'));
  await farm.set('u1', {script: ['401']});
  await send(503, chat('m2'));
  // A description that took anything would show nothing.
  assert.throws(() => asker.description.body('POST', name, {model: 'm1'}), /messages/);
  assert.throws(() => asker.description.answer('POST', name, {...spent, json: {error: 'spent'}}), /must be object/);
}

const READS = ['status', 'pools', 'routes', 'models', 'discoveries', 'benches', 'requests', 'keys', 'clients', 'settings', 'preferences'];

async function administrate(asker, farm) {
  const ask = (method, name, options) => asker.ask(method, `/admin/api/${name}`, options);
  await farm.set('u2', {script: ['401']});
  await ask('POST', 'benches/lift', {body: {}});
  await asker.ask('POST', '/v1/chat/completions', {body: chat('u2/m1'), status: 503});
  for (const name of READS) await ask('GET', name);
  await ask('GET', 'routes', {query: '?strategy=smart'});
  await ask('GET', 'routes', {query: '?strategy=lazy', status: 400});
  await ask('GET', 'status', {key: 'wrong', status: 401});
  const moved = await eventually(async () => {
    const {json} = await asker.gateway.ask(undefined, {target: '/admin/api/requests/moved', method: 'GET', key: TOKEN});
    return json.id;
  }, 'the request is in the log');
  const {json: logged} = await ask('GET', 'requests/{id}', {at: moved});
  assert.equal(logged.attempts.length, 2);
  await ask('GET', 'requests', {query: '?limit=1'});
  await ask('GET', 'requests/{id}', {at: 'nobody', status: 404});
  for (const query of ['', '?by=provider,model,key,client,day', '?by=hour&from=2020-01-01', '?format=csv']) {
    await ask('GET', 'usage', {query});
    await ask('GET', 'measures', {query});
  }
  await ask('POST', 'requests/{id}/cancel', {at: 'nobody', status: 404});
  await watch(asker, farm);
  for (const body of [chat('auto'), chat('m1', 'hi', {max_tokens: 100_000})]) await ask('POST', 'explain', {body});
  await ask('POST', 'explain', {body: chat('nobody'), status: 404});
  await ask('POST', 'discoveries', {body: {provider: 'u1'}});
  await asker.open('GET', '/admin/api/events');
}

// A request in flight, and its end.
async function watch(asker, farm) {
  await farm.set('u1', {answer: {tokens: 200, token_rate: 10}});
  const headers = {'x-request-id': 'watched'};
  const stream = await asker.gateway.open({...chat('u1/m1'), stream: true}, {headers});
  const {json} = await asker.ask('GET', '/admin/api/requests/live');
  assert.deepEqual(json.requests.map((one) => one.id), ['watched']);
  await asker.ask('POST', '/admin/api/requests/{id}/cancel', {at: 'watched'});
  stream.resume();
  await once(stream, 'end');
  await farm.set('u1', {answer: {}});
}

async function change(asker) {
  const ask = (method, name, options) => asker.ask(method, `/admin/api/${name}`, options);
  const {json} = await ask('POST', 'keys', {body: {provider: 'u1', value: 'k2', check: true}, status: 201});
  const {id: at} = json.keys[0];
  await ask('POST', 'keys', {body: {provider: 'u1', value: 'k2'}, status: 409});
  await ask('POST', 'keys', {body: {provider: ''}, wrong: true, status: 400});
  await ask('POST', 'keys/{id}/check', {at});
  await ask('POST', 'keys/{id}/disable', {at, body: {reason: 'a test'}});
  await ask('GET', 'keys');
  await ask('POST', 'keys/{id}/enable', {at});
  await ask('POST', 'keys/reveal', {status: 403});
  await asker.owner('POST', '/admin/api/keys/reveal');
  await asker.owner('POST', '/admin/api/keys/export');
  await ask('POST', 'keys/export', {body: {format: 'csv'}, status: 403});
  await ask('DELETE', 'keys/{id}', {at});
  await changeMuch(ask);
  await ask('POST', 'clients', {body: {name: 'phone', models: ['auto'], rpm: 5, privacy: 'no-training'}, status: 201});
  await ask('GET', 'clients');
  await ask('PATCH', 'clients/{name}', {at: 'phone', body: {models: null, rpm: null, tpd: 1000, expires: '2099-01-01T00:00:00Z'}});
  await ask('PATCH', 'clients/{name}', {at: 'phone', body: {expires: '2001-01-01T00:00:00Z'}, status: 400});
  await ask('DELETE', 'clients/{name}', {at: 'phone'});
  await ask('DELETE', 'clients/{name}', {at: 'nobody', status: 404});
  await ask('POST', 'reload');
  await ask('POST', 'backup', {body: {requests: false}, status: 201});
  await ask('POST', 'rotate-master-key', {status: 403});
  await asker.owner('POST', '/admin/api/rotate-master-key');
}

async function changeMuch(ask) {
  const text = 'u1: imported-key-of-u1\nnobody: other-key-of-nobody\n';
  await ask('POST', 'keys/preview', {body: {text}});
  await ask('POST', 'keys/preview', {body: {}, wrong: true, status: 400});
  const {json} = await ask('POST', 'keys/import', {body: {text, check: false}, status: 201});
  await ask('DELETE', 'keys/{id}', {at: json.added[0].id});
  await ask('PUT', 'preferences', {body: {order: ['u1/m1'], off: ['u2'], profiles: {coding: ['m1']}}});
  await ask('POST', 'explain', {body: chat('auto')});
  await ask('PUT', 'preferences', {body: {order: ['u1/nothing']}, status: 400});
  await ask('GET', 'settings');
  await ask('PUT', 'preferences', {body: {}});
  await ask('POST', 'playground', {body: chat('m2')});
  await ask('POST', 'playground', {body: chat('m2', 'hi', {stream: true})});
  await ask('POST', 'playground', {body: chat('nobody'), status: 404});
}

async function comeIn(asker) {
  const ask = (method, name, options) => asker.ask(method, `/admin/api/${name}`, {key: '', ...options});
  await ask('GET', 'session');
  await asker.owner('GET', '/admin/api/session');
  await ask('POST', 'session', {body: {password: 'nobody is here'}, status: 401});
  const body = {account: 'admin', password: 'correct horse battery'};
  await ask('POST', 'setup', {body, headers: {via: '1.1 proxy'}, status: 403});
  const made = await ask('POST', 'setup', {body, status: 201});
  await ask('POST', 'setup', {body, status: 409});
  const headers = {cookie: made.headers['set-cookie'][0].split(';')[0], 'x-freeway-csrf': made.json.csrf};
  const {cookie} = headers;
  await ask('GET', 'session', {headers: {cookie}});
  await ask('POST', 'benches/lift', {headers: {cookie}, status: 403});
  await ask('POST', 'keys/reveal', {headers, status: 403});
  await ask('POST', 'session/confirm', {headers, body: {password: body.password}});
  await ask('POST', 'keys/reveal', {headers});
  await ask('POST', 'session/password', {headers, body: {old: body.password, new: 'another password'}});
  await ask('POST', 'session', {body: {password: 'another password'}});
  const {json} = await ask('GET', 'sessions', {headers: {cookie}});
  await ask('DELETE', 'sessions/{id}', {headers, at: json.sessions[0].id});
  await ask('DELETE', 'session', {headers, status: 204});
  await ask('GET', 'sessions', {headers: {cookie}, status: 401});
  await ask('GET', 'audit', {key: TOKEN});
  await ask('GET', 'audit', {key: TOKEN, query: '?limit=1'});
}

scene('every described operation answers as described', async (stage) => {
  const {farm, gateway} = await start(stage);
  const asker = await Asker.of(gateway);
  await askForModels(asker, farm);
  await askForKinds(asker);
  await askWrongly(asker, farm);
  await administrate(asker, farm);
  await change(asker);
  await comeIn(asker);
  await asker.ask('GET', '/', {key: '', headers: {accept: 'text/html'}});
  for (const name of ['/', '/livez', '/readyz', '/metrics', '/v1/openapi.json', '/docs']) await asker.ask('GET', name, {key: ''});
  const {whole, asked} = asker.description;
  const missed = Object.entries(whole.paths)
    .filter(([, item]) => !item['x-freeway-not-built'])
    .flatMap(([name, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${name}`))
    .filter((one) => !asked.has(one));
  assert.deepEqual(missed, [], 'what is described is asked here');
});

scene('the description and its page need no key, are cached by their tag, and are for this host alone', async (stage) => {
  const {gateway} = await start(stage);
  const {json: {info}} = await gateway.ask(undefined, {target: '/v1/openapi.json', method: 'GET', key: ''});
  assert.equal(info.version, (await gateway.command(['version'])).out.split('\n')[0].split(' ')[1]);
  for (const target of ['/v1/openapi.json', '/docs', '/docs/docs.css', '/docs/docs.js']) {
    const get = (headers = {}, method = 'GET') => gateway.ask(undefined, {target, method, key: '', headers});
    const whole = await get();
    assert.equal(whole.status, 200, target);
    assert.equal(whole.headers['cache-control'], 'no-cache');
    assert.match(whole.headers['content-security-policy'], /^default-src 'none'; script-src 'self'; /);
    const head = await gateway.open(undefined, {target, method: 'HEAD', key: ''});
    assert.deepEqual([head.statusCode, (await head.toArray()).length, head.headers.etag], [200, 0, whole.headers.etag]);
    assert.equal(head.headers['content-length'], String(Buffer.byteLength(whole.text)));
    const again = await get({'if-none-match': `"other", ${whole.headers.etag}`});
    assert.deepEqual([again.status, again.text, again.headers.etag], [304, '', whole.headers.etag]);
    const posted = await get({}, 'POST');
    assert.deepEqual([posted.status, posted.headers.allow], [405, 'GET, HEAD']);
    for (const headers of [{host: 'evil.example'}, {origin: 'https://evil.example'}]) assert.equal((await get(headers)).status, 403);
  }
});

// A page with the viewer in it, as its own address would show it, and everything that can be unfolded unfolded.
async function openPage(gateway, hash = '') {
  const read = async (target) => (await gateway.ask(undefined, {target, method: 'GET', key: ''})).text;
  const {window, document} = parseHTML(await read('/docs'));
  const source = await read('/docs/docs.js');
  Object.assign(globalThis, {
    document,
    location: {origin: gateway.url, hash},
    addEventListener: (name, act) => window.addEventListener(name, act),
    fetch: async (target) => ({ok: true, json: async () => JSON.parse(await read(`/${target}`))}),
  });
  for (const element of [window.HTMLElement.prototype]) element.scrollIntoView = () => {};
  const module = await import(`data:text/javascript,${encodeURIComponent(source)}#${Math.random()}`);
  const open = (details) => {
    details.open = true;
    details.dispatchEvent(new window.Event('toggle'));
  };
  return {window, document, module, open};
}

scene('the page shows every operation, parameter, schema and answer, and finds what is looked for', async (stage) => {
  const {gateway} = await start(stage);
  const real = {fetch: globalThis.fetch, addEventListener: globalThis.addEventListener};
  try {
    const {json: whole} = await gateway.ask(undefined, {target: '/v1/openapi.json', method: 'GET', key: ''});
    const {window, document, module, open} = await openPage(gateway, '#createEmbedding');
    const operations = Object.entries(whole.paths).flatMap(([name, item]) =>
      Object.entries(item).filter(([, one]) => one.operationId).map(([method, one]) => ({name, method, ...one})));
    assert.equal(document.getElementById('state').textContent, '');
    assert.equal(document.querySelectorAll('.op').length, operations.length);
    assert.equal(document.querySelectorAll('#groups a').length, whole.tags.length);
    assert.ok(document.getElementById('createEmbedding').open, 'the address names it');

    for (const {operationId, name, summary, responses, parameters = []} of operations) {
      const one = document.getElementById(operationId);
      open(one);
      const folds = new Set();
      for (let found; (found = [...one.querySelectorAll('details')].filter((fold) => !folds.has(fold))).length && folds.size < 2000;)
        for (const fold of found) open(fold), folds.add(fold);
      const text = one.textContent;
      for (const said of [name, summary, 'curl', ...Object.keys(responses)]) assert.ok(text.includes(said), `${operationId}: ${said}`);
      for (const {$ref, name: own} of parameters) {
        const parameter = own ?? whole.components.parameters[$ref.split('/').at(-1)].name;
        assert.ok(text.includes(`${parameter} (`), `${operationId}: ${parameter}`);
      }
      assert.doesNotMatch(text, /undefined|\[object|\$ref/, operationId);
    }
    const shown = document.getElementById('createChatCompletion').textContent;
    for (const member of ['tool_calls', 'image_url', 'finish_reason', 'x-fallback-trail']) assert.ok(shown.includes(member), member);
    assert.match(document.getElementById('createMessage').querySelector('summary').textContent, /\/v1\/messages/);

    const find = (text) => {
      document.getElementById('find').value = text;
      document.getElementById('find').dispatchEvent(new window.Event('input'));
      return [...document.querySelectorAll('.op')].filter((one) => !one.hidden).map((one) => one.id);
    };
    assert.deepEqual(find('post EMBED'), ['createEmbedding']);
    assert.equal(document.getElementById('state').textContent, '1 found');
    assert.deepEqual(find('nothing like it'), []);
    assert.equal(find('').length, operations.length);

    // What the shell makes of a command is what the document says.
    const operation = {...operations.find(({operationId}) => operationId === 'createChatCompletion')};
    const example = chat('auto', "it's $HOME `pwd`\n\"\\");
    operation.requestBody = {content: {'application/json': {example}}};
    const line = module.curlOf(whole, 'http://localhost:1', operation.name, 'post', operation);
    const words = execFileSync('sh', ['-c', `curl() { printf '%s\\0' "$@"; }; ${line}`], {env: {FREEWAY_KEY: 'fw-1'}}).toString().split('\0');
    assert.deepEqual(words.slice(0, -1), ['-X', 'POST', 'http://localhost:1/v1/chat/completions', '-H', 'authorization: Bearer fw-1',
      '-H', 'content-type: application/json', '-d', JSON.stringify(example)]);
  } finally {
    Object.assign(globalThis, real);
  }
});
